#include "rules/words.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace penny::rules {
namespace {

constexpr char32_t kNoCharacter = 0xFFFFFFFF;
constexpr char32_t kTypographicApostrophe = 0x2019;

struct Character {
  char32_t code = kNoCharacter;  // kNoCharacter for a byte that begins none
  std::size_t bytes = 1;
};

Character character_at(std::string_view text, std::size_t position) {
  const auto byte = [&](std::size_t offset) { return static_cast<unsigned char>(text[position + offset]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  if (bytes == 1 || position + bytes > text.size()) return {};
  char32_t code = first & (0xFFU >> (bytes + 1));
  for (std::size_t offset = 1; offset < bytes; ++offset) {
    if ((byte(offset) & 0xC0U) != 0x80U) return {};
    code = (code << 6U) | (byte(offset) & 0x3FU);
  }
  return {code, bytes};
}

constexpr bool is_between(char32_t code, char32_t first, char32_t last) { return first <= code && code <= last; }

// Beyond ASCII everything is a letter but the blocks of punctuation, symbols and emoji: no tables of Unicode are needed
// to find English phrases in a text of any language.
constexpr bool is_letter_or_digit(char32_t code) {
  if (code < 0x80) return is_between(code, 'a', 'z') || is_between(code, 'A', 'Z') || is_between(code, '0', '9');
  return !(code < 0xC0 || code == 0xD7 || code == 0xF7 || is_between(code, 0x2000, 0x2BFF) ||
           is_between(code, 0x2E00, 0x2E7F) || is_between(code, 0x3000, 0x303F) || is_between(code, 0xFE00, 0xFE1F) ||
           is_between(code, 0xFE30, 0xFE6F) || code == 0xFEFF || is_between(code, 0xFF00, 0xFF0F) ||
           is_between(code, 0xFF1A, 0xFF20) || is_between(code, 0xFFF0, 0xFFFF) || is_between(code, 0x1F000, 0x1FBFF) ||
           code > 0xE0000);
}

constexpr bool is_apostrophe(char32_t code) { return code == '\'' || code == kTypographicApostrophe; }

constexpr char fold(char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte; }

// The phrase's first word; it is taken off.
std::string_view take_word(std::string_view& phrase) {
  const std::size_t space = phrase.find(' ');
  const std::string_view word = phrase.substr(0, space);
  phrase.remove_prefix(space == std::string_view::npos ? phrase.size() : space + 1);
  return word;
}

// How many words from `position` on are the phrase's; 0 if they are not.
std::size_t match_at(const std::vector<std::string>& words, std::size_t position, std::string_view phrase) {
  std::size_t matched = 0;
  while (!phrase.empty()) {
    if (position + matched == words.size() || words[position + matched] != take_word(phrase)) return 0;
    ++matched;
  }
  return matched;
}

}  // namespace

Words::Words(std::string_view text) {
  std::string word;
  bool is_apostrophe_pending = false;  // behind a word; it belongs to it only if the word goes on
  for (std::size_t position = 0; position < text.size();) {
    const auto [code, bytes] = character_at(text, position);
    if (is_letter_or_digit(code)) {
      if (std::exchange(is_apostrophe_pending, false)) word += '\'';
      for (const char byte : text.substr(position, bytes)) word += fold(byte);
    } else if (is_apostrophe(code) && !word.empty() && !is_apostrophe_pending) {
      is_apostrophe_pending = true;
    } else if (!word.empty()) {
      words_.push_back(std::exchange(word, {}));
      is_apostrophe_pending = false;
    }
    position += bytes;
  }
  if (!word.empty()) words_.push_back(std::move(word));
}

bool Words::has(std::string_view phrase) const {
  for (std::size_t position = 0; position < words_.size(); ++position) {
    if (match_at(words_, position, phrase) > 0) return true;
  }
  return false;
}

int Words::count(std::string_view phrase) const {
  int occurrences = 0;
  for (std::size_t position = 0; position < words_.size();) {
    const std::size_t matched = match_at(words_, position, phrase);
    if (matched > 0) ++occurrences;
    position += std::max<std::size_t>(matched, 1);
  }
  return occurrences;
}

int Words::count_present(std::span<const std::string_view> phrases) const {
  return static_cast<int>(std::ranges::count_if(phrases, [&](std::string_view phrase) { return has(phrase); }));
}

}  // namespace penny::rules
