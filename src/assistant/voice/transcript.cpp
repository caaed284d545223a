#include "assistant/voice/transcript.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/utf8.hpp"

namespace penny::assistant {

Result<std::string> transcript_of(std::string_view answer) {
  if (answer.size() > kTranscriptBytesMax || !base::is_valid_utf8(answer) || answer.contains('\0'))
    return base::fail(ErrorCode::kNotFound, "what the recogniser answered is no text", "check the recogniser",
                      "answer");
  constexpr std::string_view kSpace = " \t\r\n";
  std::string words;
  while (true) {
    answer.remove_prefix(std::min(answer.find_first_not_of(kSpace), answer.size()));
    if (answer.empty()) return words;
    const std::string_view word = answer.substr(0, answer.find_first_of(kSpace));
    if (!words.empty()) words += ' ';
    words += word;
    answer.remove_prefix(word.size());
  }
}

}  // namespace penny::assistant
