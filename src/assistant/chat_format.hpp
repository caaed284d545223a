#pragma once

// The format of /v1/chat/completions, which Ollama, llama.cpp, LM Studio, vLLM and OpenAI speak: a question as a request, and what is
// streamed back as an answer. Liberal in what it reads: those servers differ. Pure.

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <penny/error.hpp>

#include "assistant/model.hpp"

namespace penny::assistant {

// Of an answer: text and inputs of calls together. Beyond it the answer is refused.
inline constexpr std::size_t kAnswerBytesMax = std::size_t{512} << 10;
inline constexpr std::size_t kCallsMax = 8;  // in one round

// The request's body. Names of tools have no dots there: "math.calc" is "math-calc".
[[nodiscard]] std::string chat_request(const Question& question, std::string_view model);

// Puts an answer together from the events of its stream, or from a whole one. Used by one thread at a time.
class AnswerReader {
 public:
  // The data of one event: the new piece of text, which may be empty. Errors of `Model::answer` with `field` "answer", also for what the
  // server reports as an error.
  [[nodiscard]] Result<std::string> add(std::string_view data);

  // The same for a server that does not stream.
  [[nodiscard]] Result<std::string> add_whole(std::string_view body);

  // The server said that nothing follows.
  [[nodiscard]] bool is_done() const { return is_done_; }

  // The answer so far. `kNotFound` with `field` "cut" if the server never said that it is whole.
  [[nodiscard]] Result<Answer> finish();

 private:
  [[nodiscard]] Result<std::string> take(const boost::json::object& message);
  [[nodiscard]] Result<void> take_calls(const boost::json::array& calls);
  [[nodiscard]] Result<void> count(std::size_t bytes);

  Answer answer_;
  std::size_t bytes_ = 0;
  bool is_done_ = false;    // [DONE], or a whole answer
  bool has_ended_ = false;  // a reason to finish was given
};

// What a server says went wrong, from the body of an answer that is none: one line; empty if it says nothing.
[[nodiscard]] std::string error_in(std::string_view body);

}  // namespace penny::assistant
