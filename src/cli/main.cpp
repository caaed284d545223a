// The program `penny`: reads the command line, runs the one command, answers with its exit code.

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <penny/version.hpp>

#ifdef PENNY_TOOLS
#include "cli/chat_command.hpp"
#include "cli/voice_command.hpp"
#endif
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/stress/stress.hpp"

namespace penny::cli {
namespace {

// A program may be started with its standard descriptors closed. The next file that is opened would get such a number,
// and what is printed would go into the store. Open for reading only, so that lost output is still noticed.
void occupy_standard_descriptors() {
  int descriptor = open("/dev/null", O_RDONLY);
  while (descriptor >= 0 && descriptor <= STDERR_FILENO) descriptor = open("/dev/null", O_RDONLY);
  if (descriptor >= 0) close(descriptor);
}

// In the order in which CLI11 wants them, the last first. CLI11 takes "--input=" for "--input" and would swallow the
// argument after it, so an empty value becomes an argument of its own.
std::vector<std::string> arguments_of(int argc, char** argv) {
  std::vector<std::string> arguments;
  bool has_options = true;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    has_options = has_options && argument != "--";
    const bool has_empty_value =
        has_options && argument.size() > 3 && argument.starts_with("--") && argument.find('=') == argument.size() - 1;
    if (has_empty_value) argument.pop_back();
    arguments.push_back(std::move(argument));
    if (has_empty_value) arguments.emplace_back();
  }
  return {arguments.rbegin(), arguments.rend()};
}

// For errors of the command line itself, when no command knows yet.
bool asks_for_json(const std::vector<std::string>& arguments) {
  for (auto argument = arguments.rbegin(); argument != arguments.rend() && *argument != "--"; ++argument) {
    if (*argument == "--json") return true;
  }
  return false;
}

// "penny turn add": the command as far as it was understood.
std::string command_name(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app.get_name() : app.get_name() + " " + command_name(*chosen.back());
}

// CLI11 tells that something is missing before it tells what it did not understand.
std::string message_of(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining(true);
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::RequiredError) || unknown.empty()) return error.what();
  return fmt::format("{} is not known here", fmt::join(unknown, " "));
}

ExitCode report_parse_error(const CLI::App& app, const CLI::ParseError& error, bool is_json) {
  Output output(is_json);
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {  // --help or --version
    std::ostringstream text;
    app.exit(error, text, text);
    output.print(text.str());
    return output.finish(ExitCode::kDone);
  }
  return output.wrong_use(message_of(app, error),
                          fmt::format("see `{} --help`; a text that begins with - goes after --", command_name(app)));
}

int run(int argc, char** argv) {
  CLI::App app("Penny remembers: the memory and personality of an assistant, shared by all its processes", "penny");
  app.require_subcommand(1);
  app.set_version_flag("--version", [] { return fmt::format("penny {}\nSQLite {}", kVersion, sqlite_version()); });
  app.footer(
      "Exit codes: 0 done, 1 failed, 2 wrong use, 3 not found, 4 busy or too late (try again), 5 damaged store\n"
      "Example:\n"
      "  penny turn add --user cj --input \"Hello\" --response \"Hello, CJ\" && penny context --user cj");

  Commands commands;
  int stress_exit_code = 0;
  add_turn_commands(app, commands);
  add_session_commands(app, commands);
  add_fact_commands(app, commands);
  add_fact_history(app, commands);
  add_preference_commands(app, commands);
  add_personality_commands(app, commands);
  add_search_commands(app, commands);
  add_summary_commands(app, commands);
  add_undo_command(app, commands);
  add_cleanup_command(app, commands);
  add_feed_commands(app, commands);
  add_health_commands(app, commands);
  add_keeping_commands(app, commands);
  add_rescue_command(app, commands);
  add_moving_commands(app, commands);
  add_erase_command(app, commands);
  add_vacuum_command(app, commands);
#ifdef PENNY_TOOLS
  add_chat_command(app, commands);
  add_voice_command(app, commands);
  add_tool_commands(app, commands);
#endif
  add_stress(app, stress_exit_code);
  add_tree_commands(app, commands);

  std::vector<std::string> arguments = arguments_of(argc, argv);
  const bool is_json = asks_for_json(arguments);
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return static_cast<int>(report_parse_error(app, error, is_json));
  }
  if (commands.chosen() == nullptr) return stress_exit_code;
  Output output(commands.chosen()->common.is_json);
  return static_cast<int>(output.finish(commands.chosen()->run(output)));
}

}  // namespace
}  // namespace penny::cli

int main(int argc, char** argv) {
  penny::cli::occupy_standard_descriptors();
  // A reader that went away shows as an error of `write`, which `Output` understands.
  (void)std::signal(SIGPIPE, SIG_IGN);
  try {
    return penny::cli::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "penny: {}\n", error.what());
    return static_cast<int>(penny::cli::ExitCode::kFailed);
  }
}
