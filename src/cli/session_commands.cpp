// sessions, session end

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/opening.hpp"
#include "cli/text_form.hpp"
#include "cli/values.hpp"
#include "cli/writing.hpp"

namespace penny::cli {
namespace {

class Sessions : public Command {
 public:
  void add_options(CLI::App& app) override {
    add_page_options(app, page_, "Sessions whose first turn is after this rev");
  }

  ExitCode run(Output& output) override {
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const auto page = store->sessions(common.user, page_.after.value_or(0), page_.limit_or(100));
    return print_page(output, page, fmt::format("no sessions of user {}", escape_line(common.user)),
                      [&](const std::vector<Session>& sessions) {
                        Table table({"REV", "SESSION", "BEGAN", "ENDED", "TURNS", "SUMMARY"});
                        for (const auto& session : sessions) {
                          table.add({fmt::to_string(session.first_rev), escape_line(session.id),
                                     format_time_briefly(session.started_at),
                                     session.ended_at ? format_time_briefly(*session.ended_at) : "open",
                                     fmt::to_string(session.turn_count), escape_line(session.summary)});
                        }
                        return table.text(output);
                      });
  }

 private:
  PageOptions page_;
};

class SessionEnd : public Command {
 public:
  void add_options(CLI::App& app) override {
    app.add_option("session,--session", session_, "Which one (default: the user's open one)")->type_name("ID");
    add_write_options(app, write_);
  }

  ExitCode run(Output& output) override {
    return write(output, common, write_, EndSession{.session = session_}, MissingStore::kIsAnError);
  }

 private:
  WriteOptions write_;
  std::optional<std::string> session_;
};

}  // namespace

void add_session_commands(CLI::App& app, Commands& commands) {
  commands.add<Sessions>(app, "sessions", "Show sessions and what they were about", "penny sessions --user cj");
  CLI::App* session = app.add_subcommand("session", "End or forget a session");
  session->require_subcommand(1)->footer("Example:\n  penny session end --user cj");
  commands.add<SessionEnd>(*session, "end", "End a session; the next turn begins a new one",
                           "penny session end --user cj");
  add_session_forget(*session, commands);
}

}  // namespace penny::cli
