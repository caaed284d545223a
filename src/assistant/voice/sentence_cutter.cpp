#include "assistant/voice/sentence_cutter.hpp"

#include <utility>

namespace penny::assistant {
namespace {

constexpr std::size_t kSentenceBytesMax = 1'000;
constexpr std::string_view kSpace = " \t\r\n";

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin));
}

// Behind the first sentence that is whole; npos if none is yet.
std::size_t end_of_sentence(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') return i + 1;
    const bool may_end = text[i] == '.' || text[i] == '!' || text[i] == '?';
    if (may_end && i + 1 < text.size() && kSpace.contains(text[i + 1])) return i + 1;
  }
  if (text.size() <= kSentenceBytesMax) return std::string_view::npos;
  const std::size_t space = text.find_last_of(kSpace, kSentenceBytesMax);
  if (space != std::string_view::npos && space > 0) return space;
  std::size_t cut = kSentenceBytesMax;  // not within a character
  while (cut > 1 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  return cut;
}

}  // namespace

std::optional<std::string> SentenceCutter::next() {
  while (true) {
    const std::size_t end = end_of_sentence(text_);
    if (end == std::string::npos) return std::nullopt;
    std::string sentence = trimmed(std::string_view(text_).substr(0, end));
    text_.erase(0, end);
    if (!sentence.empty()) return sentence;
  }
}

std::optional<std::string> SentenceCutter::rest() {
  std::string sentence = trimmed(std::exchange(text_, {}));
  if (sentence.empty()) return std::nullopt;
  return sentence;
}

}  // namespace penny::assistant
