#include "cli/escape.hpp"

#include <fmt/format.h>

namespace penny::cli {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t size = 1;  // in bytes
  bool is_valid = true;  // else `code` is the value of one byte that is not UTF-8
};

// The first character of a text that is not empty. Stored text is valid UTF-8, but paths and arguments need not be.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {.code = lead};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  const Character broken{.code = lead, .is_valid = false};
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return broken;
  char32_t code = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return broken;
    code = (code << 6) | (byte(i) & 0x3fU);
  }
  const bool is_overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  if (is_overlong || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return broken;
  return {.code = code, .size = size};
}

// Controls of terminals beyond ASCII, of line ends, and of reading direction.
bool is_control_beyond_ascii(char32_t code) {
  return (code >= 0x80 && code <= 0x9f) || code == 0x061c || code == 0x200e || code == 0x200f || code == 0x2028 ||
         code == 0x2029 || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void append_escaped(std::string& out, std::string_view bytes, const Character& character) {
  if (!character.is_valid) {
    out += fmt::format("\\x{:02x}", static_cast<unsigned>(character.code));
  } else if (character.code == '\n') {
    out += "\\n";
  } else if (character.code == '\r') {
    out += "\\r";
  } else if (character.code == '\t') {
    out += "\\t";
  } else if (character.code < 0x20 || character.code == 0x7f) {
    out += fmt::format("\\x{:02x}", static_cast<unsigned>(character.code));
  } else if (is_control_beyond_ascii(character.code)) {
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(character.code));
  } else {
    out += bytes;
  }
}

template <class Visit>
void for_each_character(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!visit(text.substr(0, character.size), character)) return;
    text.remove_prefix(character.size);
  }
}

}  // namespace

std::string escape_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for_each_character(text, [&](std::string_view bytes, const Character& character) {
    append_escaped(out, bytes, character);
    return true;
  });
  return out;
}

std::string escape_block(std::string_view text, std::size_t indent) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::string out;
  out.reserve(text.size());
  for_each_character(text, [&](std::string_view bytes, const Character& character) {
    if (character.code == '\n') {
      out += '\n';
      out.append(indent, ' ');
    } else if (character.code == '\t') {
      out += '\t';
    } else {
      append_escaped(out, bytes, character);
    }
    return true;
  });
  return out;
}

std::string escape_piece(std::string_view piece) {
  std::string safe;
  while (true) {
    const std::size_t end = piece.find_first_of("\n\t");
    safe += escape_line(piece.substr(0, end));
    if (end == std::string_view::npos) return safe;
    safe += piece[end];
    piece.remove_prefix(end + 1);
  }
}

std::string shorten(std::string_view text, std::size_t characters_max) {
  std::string out;
  std::size_t count = 0;
  for_each_character(text, [&](std::string_view bytes, const Character& character) {
    if (++count == characters_max && bytes.data() + bytes.size() != text.data() + text.size()) {
      out += "…";
      return false;
    }
    append_escaped(out, bytes, character);
    return true;
  });
  return out;
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0U) != 0x80 ? 1 : 0;
  return count;
}

std::string escape_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for_each_character(json, [&](std::string_view bytes, const Character& character) {
    if (!character.is_valid) {
      out += "\\ufffd";
    } else if (character.code == 0x7f || is_control_beyond_ascii(character.code)) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(character.code));
    } else {
      out += bytes;
    }
    return true;
  });
  return out;
}

}  // namespace penny::cli
