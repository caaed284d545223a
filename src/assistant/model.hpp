#pragma once

// What answers the user: a language model behind an endpoint, or the built-in responder. Both are asked in the same words.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/cancel.hpp>
#include <penny/error.hpp>

#include "assistant/context.hpp"
#include "base/clock.hpp"

namespace penny::assistant {

// A tool that the model may ask for, as it is told of it.
struct OfferedTool {
  std::string name;
  std::string description;
  std::string input_schema;  // JSON
};

// A call that the model asks for.
struct AskedCall {
  std::string id;  // the model's own
  std::string tool;
  std::string input;  // JSON, if the model keeps its promise
};

// One round of tools: what the model said, which calls it asked for, and what it is told of each, in the same order.
struct ToolRound {
  std::string said;
  std::vector<AskedCall> calls{};
  std::vector<std::string> results{};
};

struct Question {
  Context context;
  std::vector<ToolRound> rounds{};  // of this turn, so far
  std::vector<OfferedTool> tools{};
};

enum class Ending : std::uint8_t {
  kWhole = 1,
  kTooLong = 2,  // the model stopped at its limit of length
};

struct Answer {
  std::string text;
  std::vector<AskedCall> calls{};
  Ending ending = Ending::kWhole;
};

// Is handed each piece of the answer as it comes.
using TextSink = std::function<void(std::string_view piece)>;

// Used by one thread at a time.
class Model {
 public:
  Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  virtual ~Model() = default;

  // As the turn's metadata has it; "" of the built-in responder.
  [[nodiscard]] virtual std::string name() const = 0;

  // Blocks until the answer is whole. Errors: `kDeadlineExceeded`, `kStopped` (cancelled), `kNotFound` with `field` "connection", "name",
  // "certificate", "status", "answer" (what came is not the format), "cut" (the stream ended in the middle). What the sink got before
  // stays with the caller.
  [[nodiscard]] virtual Result<Answer> answer(const Question& question, const TextSink& sink, base::Instant deadline,
                                              const CancelToken& cancel) = 0;
};

}  // namespace penny::assistant
