// turn forget, session forget, cleanup, preference forget: what takes several operations, with progress; Ctrl-C ends it between two.

#include <chrono>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/interrupt.hpp"
#include "cli/opening.hpp"
#include "cli/progress.hpp"
#include "cli/text_form.hpp"
#include "cli/values.hpp"
#include "cli/writing.hpp"

namespace penny::cli {
namespace {

class TurnForget : public Command {
 public:
  void add_options(CLI::App& app) override {
    add_value(app, "turn_id", turn_, OperationId::parse, "UUID", "a turn's id, which is a UUID of 36 characters",
              "Which turn; `penny turns --json` shows their ids")
        ->required();
    add_write_options(app, write_);
  }

  ExitCode run(Output& output) override {
    return write(output, common, write_, ForgetTurn{.turn = turn_}, MissingStore::kIsAnError);
  }

 private:
  WriteOptions write_;
  OperationId turn_;
};

// Runs `forget(store, progress)` until it is done or Ctrl-C is pressed, and tells what became of it.
template <class Forget>
ExitCode forget_in_steps(Output& output, const CommonOptions& common, const std::string& what, Forget forget) {
  catch_stop_requests("what is forgotten stays so, and the same command goes on from there", output.is_json());
  auto store = open_existing(common);
  if (!store) return output.fail(store.error());
  const auto done = [&] {
    ProgressLine line(output.is_json());
    return forget(*store, [&](const Forgotten& so_far) {
      line.show(fmt::format("{} forgotten, {} to look at", count_of(so_far.turns, "turn"),
                            count_of(so_far.revs_left, "operation")));
      return !is_stop_requested();
    });
  }();
  if (!done) return output.fail(done.error());
  const ExitCode exit_code = done->is_complete ? ExitCode::kDone : ExitCode::kTryAgain;
  if (output.is_json()) {
    output.print(boost::json::value(boost::json::object{{"users", done->users},
                                                        {"turns", done->turns},
                                                        {"operations", done->operations},
                                                        {"is_complete", done->is_complete}}));
    return exit_code;
  }
  output.print(fmt::format("{}{}\n", count_of(done->turns, "turn"), what));
  if (!done->is_complete) output.note("interrupted: the same command goes on from here");
  return exit_code;
}

class SessionForget : public Command {
 public:
  void add_options(CLI::App& app) override {
    app.add_option("session", session_, "Which one; `penny sessions` shows their ids")->type_name("ID")->required();
  }

  ExitCode run(Output& output) override {
    return forget_in_steps(output, common, fmt::format(" of session {} forgotten", escape_line(session_)),
                           [&](Store& store, const ForgettingProgress& progress) {
                             return store.forget_session(common.user, session_, progress);
                           });
  }

 private:
  std::string session_;
};

class Cleanup : public Command {
 public:
  [[nodiscard]] UsesUser uses_user() const override { return UsesUser::kOrAll; }

  void add_options(CLI::App& app) override {
    add_value(app, "--older-than", age_, parse_age, "AGE", "an age such as 12h, 90d or 52w",
              "Turns older than this: 12h, 90d, 52w")
        ->required();
    app.add_flag("--dry-run", is_dry_run_, "Count them, and change nothing");
  }

  ExitCode run(Output& output) override {
    const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    CleanUp what{.user = {}, .older_than = now - age_, .is_dry_run = is_dry_run_};
    if (!common.user.empty()) what.user = common.user;
    return forget_in_steps(
        output, common, is_dry_run_ ? " would be forgotten" : " forgotten",
        [&](Store& store, const ForgettingProgress& progress) { return store.clean_up(what, progress); });
  }

 private:
  std::chrono::hours age_{};
  bool is_dry_run_ = false;
};

class PreferenceForget : public Command {
 public:
  void add_options(CLI::App& app) override {
    app.add_option("key", key_, "Which one; `penny preferences` shows their keys")->type_name("KEY")->required();
    add_whole_number(app, "--if-version", if_version_, "N", "Only if it has this version");
  }

  ExitCode run(Output& output) override {
    catch_stop_requests("what is forgotten stays so, and the same command goes on from there", output.is_json());
    auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const auto done =
        store->forget_preference(common.user, key_, if_version_, [](const Forgotten&) { return !is_stop_requested(); });
    if (!done) return output.fail(done.error());
    if (output.is_json()) {
      output.print(boost::json::value(
          boost::json::object{{"key", key_}, {"operations", done->operations}, {"is_complete", done->is_complete}}));
    } else {
      output.print(fmt::format("preference {} forgotten\n", escape_line(key_)));
      if (!done->is_complete) output.note("interrupted: older values of it stay until the same command is run again");
    }
    return done->is_complete ? ExitCode::kDone : ExitCode::kTryAgain;
  }

 private:
  std::string key_;
  std::optional<std::uint64_t> if_version_;
};

}  // namespace

void add_turn_forget(CLI::App& turn, Commands& commands) {
  commands.add<TurnForget>(turn, "forget", "Forget the texts of a turn, for good",
                           "penny turn forget --user cj 0199f3a1-7c2e-7000-8000-3f1d5c7a9b42");
}

void add_session_forget(CLI::App& session, Commands& commands) {
  commands.add<SessionForget>(session, "forget", "Forget the texts of all turns of a session, for good",
                              "penny session forget --user cj work");
}

void add_preference_forget(CLI::App& preference, Commands& commands) {
  commands.add<PreferenceForget>(preference, "forget", "Forget a preference and what it was, for good",
                                 "penny preference forget --user cj response_length");
}

void add_cleanup_command(CLI::App& app, Commands& commands) {
  commands.add<Cleanup>(app, "cleanup", "Forget turns by their age, of one user or of all",
                        "penny cleanup --older-than 90d --dry-run\n  penny cleanup --user cj --older-than 52w");
}

}  // namespace penny::cli
