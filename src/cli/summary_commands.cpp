// context, stats

#include <string>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/json_form.hpp"
#include "cli/opening.hpp"
#include "cli/text_form.hpp"

namespace penny::cli {
namespace {

class Context : public Command {
 public:
  void add_options(CLI::App&) override {}

  ExitCode run(Output& output) override {
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const auto context = store->prompt_context(common.user);
    if (!context) return output.fail(context.error());
    if (output.is_json()) {
      output.print(boost::json::object{{"rev", context->rev}, {"context", context->value}});
    } else if (context->value.empty()) {
      output.note(fmt::format("nothing is known of user {}", escape_line(common.user)));
    } else {
      output.print(escape_block(context->value, 0) + "\n");
    }
    return ExitCode::kDone;
  }
};

class Stats : public Command {
 public:
  void add_options(CLI::App&) override {}

  ExitCode run(Output& output) override {
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const auto user = store->user_statistics(common.user);
    if (!user) return output.fail(user.error());
    const auto all = store->statistics();
    if (!all) return output.fail(all.error());
    if (output.is_json()) {
      output.print(boost::json::object{{"rev", user->rev}, {"user", to_json(user->value)}, {"store", to_json(*all)}});
    } else {
      output.print(user_text(output, user->rev, user->value) + store_text(output, *all));
    }
    return ExitCode::kDone;
  }

 private:
  [[nodiscard]] std::string user_text(const Output& output, std::uint64_t rev, const UserStatistics& user) const {
    std::string text = output.in(Colour::kHeading, fmt::format("user {}", escape_line(common.user))) + "\n";
    text += fmt::format("  rev          {}\n", rev);
    text += fmt::format("  operations   {}\n", user.operations);
    text += fmt::format("  turns        {} ({} in the last 7 days)\n", user.turns, user.turns_last_7_days);
    text += fmt::format("  sessions     {} ({})\n", user.sessions,
                        user.open_session ? "open: " + escape_line(*user.open_session) : "none is open");
    text += fmt::format("  preferences  {}\n", user.preferences);
    text += fmt::format("  dimensions   {}\n", user.dimensions);
    text += fmt::format("  facts        {}\n", user.facts);
    return text;
  }

  static std::string store_text(const Output& output, const StoreStatistics& store) {
    std::string text = output.in(Colour::kHeading, "store") + "\n";
    text += fmt::format("  users        {}\n", store.users);
    text += fmt::format("  operations   {}\n", store.operations);
    text += fmt::format("  turns        {}\n", store.turns);
    text += fmt::format("  file         {}\n", format_bytes(store.file_bytes));
    text += fmt::format("  WAL          {}\n", format_bytes(store.wal_bytes));
    return text;
  }
};

}  // namespace

void add_summary_commands(CLI::App& app, Commands& commands) {
  commands.add<Context>(app, "context", "Show what a model is told of the user", "penny context --user cj");
  commands.add<Stats>(app, "stats", "Count what is stored", "penny stats --user cj");
}

}  // namespace penny::cli
