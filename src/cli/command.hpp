#pragma once

// A command: the options that it adds to the command line, and what it does with them.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/exit_code.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"

namespace penny::cli {

class Command {
 public:
  virtual ~Command() = default;
  virtual void add_options(CLI::App& app) = 0;
  virtual ExitCode run(Output& output) = 0;

  [[nodiscard]] virtual UsesUser uses_user() const { return UsesUser::kYes; }

  CommonOptions common;
};

// All commands, and the one that was asked for.
class Commands {
 public:
  template <class C>
  void add(CLI::App& parent, const std::string& name, const std::string& description, const std::string& example) {
    auto command = std::make_unique<C>();
    CLI::App* app = parent.add_subcommand(name, description);
    command->add_options(*app);
    add_common_options(*app, command->common, command->uses_user());
    app->footer("Example:\n  " + example);
    app->callback([this, chosen = command.get()] { chosen_ = chosen; });
    commands_.push_back(std::move(command));
  }

  // Null before parsing, and if the command line chose none of these.
  [[nodiscard]] Command* chosen() const { return chosen_; }

 private:
  std::vector<std::unique_ptr<Command>> commands_;
  Command* chosen_ = nullptr;
};

// One group each, in a file of the same name.
void add_turn_commands(CLI::App& app, Commands& commands);         // turn add, turn forget, turns
void add_session_commands(CLI::App& app, Commands& commands);      // sessions, session end, session forget
void add_fact_commands(CLI::App& app, Commands& commands);         // remember, facts, forget
void add_preference_commands(CLI::App& app, Commands& commands);   // prefer, preferences, preference history and forget
void add_personality_commands(CLI::App& app, Commands& commands);  // observe, personality, history
void add_search_commands(CLI::App& app, Commands& commands);       // search
void add_summary_commands(CLI::App& app, Commands& commands);      // context, stats
void add_feed_commands(CLI::App& app, Commands& commands);         // changes, watch
void add_health_commands(CLI::App& app, Commands& commands);       // doctor, verify
void add_keeping_commands(CLI::App& app, Commands& commands);      // backup, restore
void add_rescue_command(CLI::App& app, Commands& commands);        // rescue
void add_erase_command(CLI::App& app, Commands& commands);         // erase
void add_vacuum_command(CLI::App& app, Commands& commands);        // vacuum
void add_tool_commands(CLI::App& app, Commands& commands);         // tool list, describe, call, log
void add_tree_commands(CLI::App& app, Commands& commands);         // completion, man
void add_moving_commands(CLI::App& app, Commands& commands);       // export, import

void add_fact_history(CLI::App& app, Commands& commands);     // fact history
void add_cleanup_command(CLI::App& app, Commands& commands);  // cleanup
void add_undo_command(CLI::App& app, Commands& commands);     // undo

// Commands that others group with theirs.
void add_turn_forget(CLI::App& turn, Commands& commands);
void add_session_forget(CLI::App& session, Commands& commands);
void add_preference_forget(CLI::App& preference, Commands& commands);
void add_preference_history(CLI::App& preference, Commands& commands);

}  // namespace penny::cli
