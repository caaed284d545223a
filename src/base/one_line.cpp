#include "base/one_line.hpp"

#include <cstddef>

namespace penny::base {
namespace {

// How many bytes at `position` break a line or steer a terminal: C0, DEL, C1 (with U+0085), U+2028, U+2029. 0 if none.
std::size_t control_bytes_at(std::string_view text, std::size_t position) {
  const auto byte = [&](std::size_t offset) {
    return position + offset < text.size() ? static_cast<unsigned char>(text[position + offset]) : 0U;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) < 0xA0) return 2;
  if (byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9)) return 3;
  return 0;
}

}  // namespace

std::string on_one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (std::size_t position = 0; position < text.size();) {
    std::size_t controls = 0;
    while (position < text.size()) {
      const std::size_t bytes = control_bytes_at(text, position);
      if (bytes == 0) break;
      controls += bytes;
      position += bytes;
    }
    if (controls > 0) line += ' ';
    if (position < text.size()) line += text[position++];
  }
  return line;
}

}  // namespace penny::base
