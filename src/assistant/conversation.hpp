#pragma once

// One user's talk with the assistant, in one modality, over a store that others share: chat and voice are two of these, in two
// processes, on one memory.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/store.hpp>
#include <penny/tool_guard.hpp>

#include "assistant/model.hpp"

namespace penny::assistant {

// A model that asks for tools again and again is asked this often, then without tools.
inline constexpr int kToolRoundsMax = 5;

struct ConversationOptions {
  std::string user;
  Modality modality = Modality::kChat;
  std::string channel;                            // of this process alone, for example "chat@1234"
  std::chrono::milliseconds answer_max{120'000};  // of the model and its tools together
};

struct UsedTool {
  std::string tool;
  std::string input;
  bool has_succeeded = false;
};

// How long a turn's own work took; the model and its tools are not in it.
struct OwnWork {
  std::chrono::microseconds context{};
  std::chrono::microseconds commit{};
};

struct Reply {
  OperationId turn;
  std::uint64_t rev = 0;           // of the turn
  std::string text{};              // what was said, also if it ends in the middle
  std::optional<Error> failure{};  // of the model: the turn is stored all the same
  std::vector<UsedTool> tools{};
  std::vector<Operation> lessons{};  // what the turn taught, stored with it
  OwnWork own_work{};
};

// Used by one thread at a time; `cancel` of a turn may come from any.
class Conversation {
 public:
  // All of them outlive it. Without a guard the model has no tools.
  Conversation(Store& store, Model& model, ConversationOptions options, ToolGuard* guard = nullptr,
               const ToolRegistry* tools = nullptr);

  // One turn: the context is read, the model asked, its answer handed to `sink` as it comes, the tools it asks for are called through
  // the guard, then the turn and what it taught are committed as one batch. If the model fails, is too slow or is cancelled, the turn
  // is stored with the words, what was answered until then, and the failure in its metadata.
  //
  // Blocks. An error means that the turn is not stored, or, `kUnknown`, that nobody knows: `kInvalid` for words that are none (empty, no
  // UTF-8, longer than `limits::kTextBytesMax`) before anything is asked; those of the reads and of `Store::commit`.
  [[nodiscard]] Result<Reply> say(std::string_view words, const TextSink& sink, const CancelToken& cancel = {});

  // What the next turn would know, with nothing learned from it.
  [[nodiscard]] Result<Context> context(std::string_view words) const;

 private:
  struct Talk;
  void talk(Question& question, Talk& talk, const TextSink& sink, const CancelToken& cancel);
  [[nodiscard]] ToolRound run_tools(const Answer& answer, Talk& talk, const CancelToken& cancel);
  [[nodiscard]] Result<BatchOutcome> commit(const Batch& batch);

  Store& store_;
  Model& model_;
  const ConversationOptions options_;
  ToolGuard* const guard_;
  const ToolRegistry* const tools_;
  std::optional<std::uint64_t> seen_rev_;  // the model was told everything up to it
};

}  // namespace penny::assistant
