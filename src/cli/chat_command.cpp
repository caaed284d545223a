// A conversation in the terminal, on the memory that voice and agents use at the same moment.

#include "cli/chat_command.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <boost/json.hpp>

#include <penny/tool_guard.hpp>
#include <penny/toolbox.hpp>

#include "assistant/conversation.hpp"
#include "assistant/model_settings.hpp"
#include "assistant/prompt.hpp"
#include "cli/chat_lines.hpp"
#include "cli/elsewhere.hpp"
#include "cli/escape.hpp"
#include "cli/on_interrupt.hpp"
#include "cli/opening.hpp"
#include "cli/reply_json.hpp"
#include "cli/talk_command.hpp"
#include "cli/text_form.hpp"
#include "cli/values.hpp"

namespace penny::cli {
namespace {

constexpr std::string_view kHelp =
    "Say anything, or one of these:\n"
    "  /personality     how Penny has learned to be with you\n"
    "  /memories WORDS  what is found about them; without words, the facts\n"
    "  /context         what a model would be told now\n"
    "  /forget [REV]    forget your last turn, or the one with this rev, for good\n"
    "  /undo [REV]      what was learned goes back to what it was before your last turn, or at this rev\n"
    "  /quit            or Ctrl-D\n";

// The talk of one run of the command.
class Chat {
 public:
  Chat(Store& store, assistant::Model& model, const ToolRegistry& tools, std::string user, std::string channel,
       Output& output)
      : store_(store),
        user_(std::move(user)),
        output_(output),
        guard_(store, tools, [this](const Tool& tool, const ToolRequest& request) { return permits(tool, request); }),
        conversation_(store, model, {.user = user_, .modality = Modality::kChat, .channel = channel}, &guard_, &tools),
        elsewhere_(store, user_, std::move(channel), rev_now(),
                   [this](const Change& change) { return line_of(change); }),
        lines_(elsewhere_.descriptor(), [this] { return elsewhere_.take(); }) {}

  ExitCode run(bool has_model) {
    if (lines_.is_terminal()) {
      lines_.remember(said_before());
      output_.note(
          fmt::format("penny: {}; /help shows what else there is",
                      has_model ? "your model answers" : "no language model is configured, memory alone answers"));
    }
    while (!output_.is_closed()) {
      const auto line = lines_.next(lines_.is_terminal() ? "You: " : "");
      if (!line || *line == "/quit") return ExitCode::kDone;
      if (line->find_first_not_of(" \t") == std::string::npos) continue;
      if (const ExitCode code = line->starts_with('/') ? obey(*line) : say(*line);
          code != ExitCode::kDone && !lines_.is_terminal())
        return code;
    }
    return ExitCode::kDone;
  }

 private:
  [[nodiscard]] std::uint64_t rev_now() const {
    const auto turns = store_.last_turns(user_, 1);
    return turns ? turns->rev : 0;
  }

  [[nodiscard]] std::vector<std::string> said_before() const {
    std::vector<std::string> said;
    const auto turns = store_.last_turns(user_, 100);
    if (!turns) return said;
    for (const Turn& turn : turns->items) {
      if (turn.modality == Modality::kChat && !turn.user_input.empty() && !turn.user_input.contains('\n'))
        said.push_back(turn.user_input);
    }
    return said;
  }

  // From the watcher.
  [[nodiscard]] std::string line_of(const Change& change) const {
    return output_.is_json() ? std::string() : output_.in(Colour::kQuiet, line_of_turn(change)) + "\n";
  }

  bool permits(const Tool& tool, const ToolRequest& request) {
    if (!lines_.is_terminal()) return false;
    output_.print(std::string_view("\n"));
    const auto answer =
        lines_.next(fmt::format("Allow {} {}? [y/N] ", tool.name, escape_line(shorten(request.input, 300))));
    return answer && (*answer == "y" || *answer == "yes");
  }

  ExitCode say(const std::string& words) {
    if (!output_.is_json() && lines_.is_terminal()) output_.print(output_.in(Colour::kHeading, "Penny: "));
    const CancelToken cancel;
    const auto reply = [&] {
      const OnInterrupt on_interrupt([cancel] { cancel.cancel(); });
      return conversation_.say(
          words,
          [this](std::string_view piece) {
            if (!output_.is_json()) output_.print(escape_piece(piece));
          },
          cancel);
    }();
    if (!output_.is_json()) output_.print(std::string_view("\n"));
    if (!reply) return output_.fail(reply.error());
    last_rev_ = reply->rev;
    if (output_.is_json()) {
      output_.print(boost::json::value(json_of(*reply)));
    } else {
      for (const assistant::UsedTool& used : reply->tools) {
        output_.note(fmt::format("penny: {} {} {}", used.tool, escape_line(shorten(used.input, 100)),
                                 used.has_succeeded ? "was asked" : "did not work"));
      }
      if (reply->failure)
        output_.note(fmt::format("penny: {}; {}", escape_line(reply->failure->message), reply->failure->advice));
    }
    return reply->failure ? ExitCode::kFailed : ExitCode::kDone;
  }

  ExitCode obey(const std::string& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view name = std::string_view(line).substr(0, end);
    std::string_view rest = std::string_view(line).substr(end);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (name == "/help") return print(std::string(kHelp));
    if (name == "/personality") return show_personality();
    if (name == "/memories") return show_memories(rest);
    if (name == "/context") return show_context();
    if (name == "/forget") return with_rev(rest, last_rev_, [this](std::uint64_t rev) { return forget(rev); });
    if (name == "/undo")
      return with_rev(rest, last_rev_ - (last_rev_ == 0 ? 0 : 1), [this](std::uint64_t rev) { return undo(rev); });
    return output_.wrong_use(fmt::format("there is no {}", escape_line(name)), "/help shows what there is");
  }

  ExitCode print(const std::string& text) {
    if (output_.is_json()) {
      output_.print(boost::json::value(boost::json::object{{"text", text}}));
    } else {
      output_.print(text);
    }
    return ExitCode::kDone;
  }

  template <class Do>
  ExitCode with_rev(std::string_view text, std::uint64_t last, Do&& work) {
    if (!text.empty()) {
      const auto rev = parse_whole_number(text);
      if (!rev) return output_.wrong_use(fmt::format("{} is no rev", escape_line(text)), "`penny turns` shows them");
      return work(*rev);
    }
    if (last_rev_ == 0)
      return output_.wrong_use("you said nothing yet in this chat", "name a rev: `penny turns` shows them");
    return work(last);
  }

  ExitCode show_personality() {
    const auto dimensions = store_.personality(user_);
    if (!dimensions) return output_.fail(dimensions.error());
    std::string text;
    for (const Dimension& dimension : dimensions->value) {
      const std::string told =
          dimension.confidence >= assistant::kDimensionConfidenceLeast ? assistant::instruction_of(dimension) : "";
      text += fmt::format("  {:<30} {:<18} confidence {:.2f}{}{}\n", escape_line(dimension.name),
                          escape_line(assistant::value_text(dimension.value)), dimension.confidence,
                          told.empty() ? "" : "  ", escape_line(told));
    }
    return print(text);
  }

  ExitCode show_memories(std::string_view words) {
    std::string text;
    if (words.empty()) {
      const auto facts = store_.facts(user_);
      if (!facts) return output_.fail(facts.error());
      for (const Fact& fact : facts->items)
        text += fmt::format("  {}  {}\n", format_time_briefly(fact.at), escape_line(fact.text));
      if (text.empty()) text = "  no facts yet; /memories WORDS searches what was said\n";
      return print(text);
    }
    const auto page = store_.search(user_, {.words = std::string(words), .match = SearchMatch::kAny});
    if (!page) return output_.fail(page.error());
    for (const SearchHit& hit : page->items)
      text += fmt::format("  {:>6}  {}\n", hit.rev, escape_line(assistant::line_of(hit)));
    return print(text.empty() ? "  nothing is found\n" : text);
  }

  ExitCode show_context() {
    const auto context = conversation_.context("");
    if (!context) return output_.fail(context.error());
    std::string text = assistant::instructions(*context) + "\n";
    for (const assistant::Message& message : assistant::messages(*context))
      text += fmt::format("{}: {}\n", message.is_of_user ? "User" : "Assistant", message.text);
    return print(escape_block(text, 0) + "\n");
  }

  ExitCode forget(std::uint64_t rev) {
    const auto done =
        store_.commit({.user = user_, .payload = ForgetTurns{.first_rev = rev, .last_rev = rev}, .channel = "chat"});
    if (!done) return output_.fail(done.error());
    const auto turns = std::get<ForgottenResult>(done->result).turns;
    return print(turns == 0 ? fmt::format("There is no turn with rev {}, or no longer.\n", rev) : "Forgotten.\n");
  }

  ExitCode undo(std::uint64_t rev) {
    const auto undone = store_.undo(user_, rev);
    if (!undone) return output_.fail(undone.error());
    return print(fmt::format("What was learned is what it was at rev {}.\n", rev));
  }

  Store& store_;
  const std::string user_;
  Output& output_;
  ToolGuard guard_;
  assistant::Conversation conversation_;
  Elsewhere elsewhere_;
  ChatLines lines_;
  std::uint64_t last_rev_ = 0;  // of the last turn here; 0: none yet
};

class ChatCommand : public TalkCommand {
 public:
  ChatCommand() : TalkCommand("chat") {}

  ExitCode run(Output& output) override {
    block_interrupts();
    const auto path = configuration();
    if (!path) return output.fail(path.error());
    const auto settings = assistant::model_settings(*path);
    if (!settings) return output.fail(settings.error());
    auto store = open_or_create(common, OpenOptions{}.deadline);
    if (!store) return output.fail(store.error());
    const auto tools = configured_tools(*store, *path);
    if (!tools) return output.fail(tools.error());
    const auto model = assistant::make_model(*settings);
    return Chat(*store, *model, *tools, common.user, channel(), output).run(settings->has_value());
  }
};

}  // namespace

void add_chat_command(CLI::App& app, Commands& commands) {
  commands.add<ChatCommand>(app, "chat", "Talk with the assistant; what voice and agents do meanwhile is shown",
                            "penny chat --user cj");
}

}  // namespace penny::cli
