#pragma once

// The built-in responder: without any language model it answers from what the store holds, what this turn teaches, and what tools
// say. It finds, and does not understand.

#include <string>

#include "assistant/model.hpp"

namespace penny::assistant {

class OfflineModel : public Model {
 public:
  [[nodiscard]] std::string name() const override { return {}; }

  // Asks for math.calc where the words hold arithmetic, and for time.now where they ask for time or date, if these are offered. Else,
  // and when it knows their results: the whole answer at once. Never fails, does not block.
  [[nodiscard]] Result<Answer> answer(const Question& question, const TextSink& sink, base::Instant deadline,
                                      const CancelToken& cancel) override;

 private:
  bool has_said_so_ = false;  // that there is no language model: once is enough for a conversation
};

}  // namespace penny::assistant
