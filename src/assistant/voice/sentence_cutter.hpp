#pragma once

// Sentences out of pieces of a text, so that the first is spoken while the model still writes the next.

#include <optional>
#include <string>
#include <string_view>

namespace penny::assistant {

class SentenceCutter {
 public:
  void add(std::string_view piece) { text_ += piece; }

  // The next whole sentence, without space around it: up to a full stop, an exclamation or question mark that white space follows, or
  // to the end of a line. A very long one is cut between words, since servers of speech take only so much.
  [[nodiscard]] std::optional<std::string> next();

  // What is left when nothing follows; nothing if that is white space.
  [[nodiscard]] std::optional<std::string> rest();

 private:
  std::string text_;
};

}  // namespace penny::assistant
