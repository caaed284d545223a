// The story of a turn:
//
// 1. The words are checked: what is refused is refused before anybody is asked.
// 2. What they teach follows from them alone, so it is known before the model is; the model is told.
// 3. The context is read.
// 4. The model is asked. Tools that it asks for go through the guard, and what they say back to the model, a bounded number of
//    times. Once words of others were read, whatever the model asks for counts as theirs.
// 5. Turn and lessons are committed as one batch with ids made in step 2, so that a commit of which nobody knows how it ended is simply
//    sent again.

#include "assistant/conversation.hpp"

#include <utility>
#include <variant>

#include <boost/json.hpp>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/json.hpp"

namespace penny::assistant {
namespace {

namespace json = boost::json;
using std::chrono::microseconds;
using std::chrono::steady_clock;

constexpr int kCommitTriesMax = 3;

microseconds since(base::Instant begin) {
  return std::chrono::duration_cast<microseconds>(steady_clock::now() - begin);
}

}  // namespace

// What a turn came to so far.
struct Conversation::Talk {
  base::Instant deadline;
  std::string text{};
  std::optional<Error> failure{};
  bool is_too_long = false;
  std::vector<UsedTool> tools{};
  Origin led_by = Origin::kAssistant;  // whose words led to the next call
};

namespace {

std::string metadata_of(const std::string& model, const std::optional<Error>& failure, bool is_too_long,
                        const std::vector<UsedTool>& tools) {
  json::object metadata;
  if (!model.empty()) metadata["model"] = model;
  if (is_too_long) metadata["is_cut"] = true;
  if (failure) {
    metadata["failure"] =
        json::object{{"code", to_string(failure->code)}, {"reason", failure->field}, {"message", failure->message}};
  }
  json::array used;
  for (const UsedTool& tool : tools)
    used.push_back(json::object{{"tool", tool.tool}, {"has_succeeded", tool.has_succeeded}});
  if (!used.empty()) metadata["tools"] = std::move(used);
  return json::serialize(metadata);
}

// Longer answers than a turn may hold do not come here: a model's is at most half as long, and there are few rounds.
void add_paragraph(std::string& text, const std::string& piece) {
  if (!text.empty() && !piece.empty() && text.size() + piece.size() < limits::kTextBytesMax) text += "\n";
  if (text.size() + piece.size() <= limits::kTextBytesMax) text += piece;
}

}  // namespace

Conversation::Conversation(Store& store, Model& model, ConversationOptions options, ToolGuard* guard,
                           const ToolRegistry* tools)
    : store_(store), model_(model), options_(std::move(options)), guard_(guard), tools_(tools) {}

Result<Context> Conversation::context(std::string_view words) const {
  return gather(store_, {.user = options_.user,
                         .words = words,
                         .modality = options_.modality,
                         .channel = options_.channel,
                         .seen_rev = seen_rev_});
}

Result<Reply> Conversation::say(std::string_view words, const TextSink& sink, const CancelToken& cancel) {
  const auto began = steady_clock::now();
  const OperationId id = OperationId::make();
  auto batch = Store::learn(
      {.user = options_.user,
       .payload = AppendTurn{.user_input = std::string(words), .assistant_response = {}, .modality = options_.modality},
       .id = id,
       .channel = options_.channel});
  if (!batch) return std::unexpected(batch.error());

  auto context = this->context(words);
  if (!context) return std::unexpected(context.error());
  context->lessons.assign(batch->operations.begin() + 1, batch->operations.end());
  const std::uint64_t seen_rev = context->rev;

  Reply reply{.turn = id, .lessons = context->lessons, .own_work = {.context = since(began)}};
  Question question{.context = *std::move(context)};
  Talk talk{.deadline = steady_clock::now() + options_.answer_max};
  this->talk(question, talk, sink, cancel);

  auto& turn = std::get<AppendTurn>(batch->operations.front().payload);
  turn.assistant_response = talk.text;
  turn.response_time_ms = std::min(static_cast<double>(since(began).count()) / 1'000, limits::kResponseTimeMsMax);
  turn.metadata = metadata_of(model_.name(), talk.failure, talk.is_too_long, talk.tools);
  const auto committing = steady_clock::now();
  const auto stored = commit(*batch);
  if (!stored) return std::unexpected(stored.error());
  seen_rev_ = seen_rev;
  reply.own_work.commit = since(committing);
  reply.rev = stored->outcomes.front().rev;
  reply.text = std::move(talk.text);
  reply.failure = std::move(talk.failure);
  reply.tools = std::move(talk.tools);
  return reply;
}

void Conversation::talk(Question& question, Talk& talk, const TextSink& sink, const CancelToken& cancel) {
  for (int round = 0; round <= kToolRoundsMax; ++round) {
    const bool may_call = guard_ != nullptr && tools_ != nullptr && round < kToolRoundsMax;
    question.tools.clear();
    if (may_call) {
      for (const Tool* const tool : tools_->tools())
        question.tools.push_back(
            {.name = tool->name, .description = tool->description, .input_schema = tool->input_schema});
    }
    std::string said;
    const auto keep = [&](std::string_view piece) {
      said += piece;
      sink(piece);
    };
    auto answer = model_.answer(question, keep, talk.deadline, cancel);
    add_paragraph(talk.text, said);
    if (!answer) {
      talk.failure = answer.error();
      return;
    }
    talk.is_too_long = answer->ending == Ending::kTooLong;
    if (answer->calls.empty()) return;
    if (!may_call) {
      talk.failure =
          Error{ErrorCode::kOverloaded, "the model asks for tools without end", "ask in another way", "tool_calls"};
      return;
    }
    question.rounds.push_back(run_tools(*answer, talk, cancel));
  }
}

ToolRound Conversation::run_tools(const Answer& answer, Talk& talk, const CancelToken& cancel) {
  ToolRound round{.said = answer.text, .calls = answer.calls};
  for (const AskedCall& call : answer.calls) {
    const auto called = guard_->call({.user = options_.user,
                                      .tool = call.tool,
                                      .input = call.input,
                                      .origin = talk.led_by,
                                      .channel = options_.channel,
                                      .cancel = cancel});
    talk.tools.push_back({.tool = call.tool,
                          .input = call.input,
                          .has_succeeded = called.has_value() && called->status == ToolCallStatus::kSucceeded});
    if (called) {
      if (called->is_untrusted && talk.led_by != Origin::kWeb) talk.led_by = called->origin;
      round.results.push_back(text_for_model(*called));
    } else {
      const Error& error = called.error();
      round.results.push_back(json::serialize(json::object{{"error", tool_error_name(error.code)},
                                                           {"message", error.message},
                                                           {"advice", error.advice},
                                                           {"field", error.field}}));
    }
  }
  return round;
}

// Sent again as long as nobody knows whether it is stored, or it certainly is not and may be yet: its ids make that safe.
Result<BatchOutcome> Conversation::commit(const Batch& batch) {
  auto stored = store_.commit(batch);
  for (int tries = 1; !stored && tries < kCommitTriesMax; ++tries) {
    const ErrorCode code = stored.error().code;
    if (code != ErrorCode::kUnknown && code != ErrorCode::kOverloaded && code != ErrorCode::kDeadlineExceeded) break;
    stored = store_.commit(batch);
  }
  return stored;
}

}  // namespace penny::assistant
