#include "base/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace penny::base {
namespace {

constexpr std::uint32_t kInvalid = 0xffffffffU;

std::uint8_t byte_at(std::string_view text, std::size_t place) { return static_cast<std::uint8_t>(text[place]); }

// Takes the first code point off `text`, which is not empty. `kInvalid` if there is none.
std::uint32_t take_code_point(std::string_view& text) {
  const std::uint8_t first = byte_at(text, 0);
  if (first < 0x80) {
    text.remove_prefix(1);
    return first;
  }
  std::size_t length = 0;
  std::uint32_t code = 0;
  std::uint32_t least = 0;  // below it a shorter form exists
  if ((first & 0xe0) == 0xc0) {
    length = 2, code = first & 0x1fU, least = 0x80;
  } else if ((first & 0xf0) == 0xe0) {
    length = 3, code = first & 0x0fU, least = 0x800;
  } else if ((first & 0xf8) == 0xf0) {
    length = 4, code = first & 0x07U, least = 0x10000;
  } else {
    return kInvalid;
  }
  if (text.size() < length) return kInvalid;
  for (std::size_t i = 1; i < length; ++i) {
    const std::uint8_t next = byte_at(text, i);
    if ((next & 0xc0) != 0x80) return kInvalid;
    code = (code << 6) | (next & 0x3fU);
  }
  const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < least || code > 0x10ffff || is_surrogate) return kInvalid;
  text.remove_prefix(length);
  return code;
}

// Most text is ASCII: eight bytes at a time.
void skip_ascii(std::string_view& text) {
  std::uint64_t eight = 0;
  while (text.size() >= sizeof eight) {
    std::memcpy(&eight, text.data(), sizeof eight);
    if ((eight & 0x8080808080808080U) != 0) return;
    text.remove_prefix(sizeof eight);
  }
}

bool is_control(std::uint32_t code) { return code < 0x20 || (code >= 0x7f && code <= 0x9f); }

bool is_separator(std::uint32_t code) { return code == 0x2028 || code == 0x2029; }

// Unicode's property Bidi_Control.
bool is_direction_mark(std::uint32_t code) {
  return code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

bool is_noncharacter(std::uint32_t code) { return (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) == 0xfffe; }

}  // namespace

bool is_valid_utf8(std::string_view text) {
  for (skip_ascii(text); !text.empty(); skip_ascii(text)) {
    if (take_code_point(text) == kInvalid) return false;
  }
  return true;
}

bool is_printable_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::uint32_t code = take_code_point(text);
    if (code == kInvalid || is_control(code) || is_separator(code) || is_direction_mark(code) ||
        is_noncharacter(code)) {
      return false;
    }
  }
  return true;
}

std::size_t utf8_prefix_bytes(std::string_view text, std::size_t characters) {
  std::size_t begun = 0;
  for (std::size_t place = 0; place < text.size(); ++place) {
    const bool begins_character = (byte_at(text, place) & 0xc0) != 0x80;
    if (begins_character && begun++ == characters) return place;
  }
  return text.size();
}

}  // namespace penny::base
