// turn add, turns

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/opening.hpp"
#include "cli/standard_input.hpp"
#include "cli/text_form.hpp"
#include "cli/writing.hpp"

namespace penny::cli {
namespace {

class TurnAdd : public Command {
 public:
  void add_options(CLI::App& app) override {
    app.add_option("--input", input_, "What the user said; - reads it from standard input")->type_name("TEXT");
    app.add_option("--response", response_, "What the assistant answered; - reads it from standard input")
        ->type_name("TEXT");
    add_value(app, "--modality", modality_, parse_modality, "MODALITY", "chat, voice or agent",
              "Where they met: chat, voice, agent (default: chat)");
    app.add_option("--session", session_, "A session of your own (default: the user's open one)")->type_name("ID");
    add_number(app, "--response-time-ms", response_time_ms_, "MS", "How long the answer took");
    add_number(app, "--confidence", confidence_, "0..1", "How sure the words were understood (default: 1)");
    app.add_option("--metadata", metadata_, "A JSON object")->type_name("JSON");
    app.add_flag("--no-learn", no_learn_, "Store the turn alone, without what it teaches");
    add_write_options(app, write_);
  }

  ExitCode run(Output& output) override {
    if (input_ == "-" && response_ == "-") {
      return output.wrong_use("standard input cannot be both --input and --response",
                              "give one of them as an argument");
    }
    auto input = argument_or_standard_input(input_, "user_input");
    if (!input) return output.fail(input.error());
    auto response = argument_or_standard_input(response_, "assistant_response");
    if (!response) return output.fail(response.error());
    AppendTurn turn{.user_input = *std::move(input),
                    .assistant_response = *std::move(response),
                    .modality = modality_,
                    .session = session_,
                    .metadata = metadata_};
    if (response_time_ms_) turn.response_time_ms = *response_time_ms_;
    if (confidence_) turn.confidence = *confidence_;
    if (no_learn_) return write(output, common, write_, std::move(turn), MissingStore::kIsCreated);
    return write_and_learn(output, common, write_, std::move(turn));
  }

 private:
  WriteOptions write_;
  std::string input_;
  std::string response_;
  Modality modality_ = Modality::kChat;
  std::optional<std::string> session_;
  std::optional<double> response_time_ms_;
  std::optional<double> confidence_;
  std::string metadata_ = "{}";
  bool no_learn_ = false;
};

class Turns : public Command {
 public:
  void add_options(CLI::App& app) override {
    add_whole_number(app, "--last", last_, "N", "The latest turns, 1..1000 (default: 10)");
    app.add_option("--session", session_, "The turns of one session, from its begin")->type_name("ID");
    add_time(app, "--from", from_, "Turns at or after this time");
    add_time(app, "--until", until_, "Turns before this time");
    add_page_options(app, page_, "Turns after this rev");
  }

  ExitCode run(Output& output) override {
    const bool is_by_time = from_ || until_;
    const bool is_page = session_ || is_by_time || page_.after;
    if (last_ && (is_page || page_.limit)) {
      return output.wrong_use("--last does not go with --session, --from, --until, --after or --limit",
                              "list the latest turns with --last, or a part of them with the others");
    }
    if (page_.limit && !is_page) {
      return output.wrong_use("--limit needs --session, --from, --until or --after",
                              "list the latest turns with --last N, all from the begin with --after 0");
    }
    if (session_ && is_by_time) {
      return output.wrong_use("--session does not go with --from or --until", "use one of them");
    }
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    return print_page(output, read(*store), fmt::format("no turns of user {}", escape_line(common.user)),
                      [&](const std::vector<Turn>& turns) {
                        std::string text;
                        for (const auto& turn : turns) text += turn_text(turn, output);
                        return text;
                      });
  }

 private:
  [[nodiscard]] Result<Page<Turn>> read(const Store& store) const {
    const std::uint64_t after = page_.after.value_or(0);
    if (session_) return store.session_turns(common.user, *session_, after, page_.limit_or(100));
    if (from_ || until_ || page_.after) {
      return store.turns_between(common.user, from_.value_or(Time::min()), until_.value_or(Time::max()), after,
                                 page_.limit_or(100));
    }
    return store.last_turns(common.user, last_.value_or(10));
  }

  std::optional<std::uint64_t> last_;
  std::optional<std::string> session_;
  std::optional<Time> from_;
  std::optional<Time> until_;
  PageOptions page_;
};

}  // namespace

void add_turn_commands(CLI::App& app, Commands& commands) {
  CLI::App* turn = app.add_subcommand("turn", "Store or forget an exchange of user and assistant");
  turn->require_subcommand(1)->footer("Example:\n  penny turn add --help");
  commands.add<TurnAdd>(*turn, "add", "Store a turn and what it teaches, as one batch",
                        "penny turn add --user cj --modality chat --input \"Tea, please\" --response \"Here you are\"");
  add_turn_forget(*turn, commands);
  commands.add<Turns>(app, "turns", "Show turns, over all modalities", "penny turns --user cj --last 10");
}

}  // namespace penny::cli
