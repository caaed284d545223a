#pragma once

// The bytes of an input, taken from the front. Behind its end there are zeros.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace penny::fuzz {

class Input {
 public:
  Input(const std::uint8_t* bytes, std::size_t size) : rest_(reinterpret_cast<const char*>(bytes), size) {}

  [[nodiscard]] bool is_at_end() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  std::uint32_t two_bytes() {
    const std::uint32_t low = byte();
    return low | static_cast<std::uint32_t>(byte()) << 8U;
  }
  // As many as there are, and no more than `size`.
  std::string_view bytes(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// Choices, one bit each.
class Choices {
 public:
  explicit Choices(std::uint8_t bits) : bits_(bits) {}
  bool next() {
    const bool is_set = (bits_ & 1U) != 0;
    bits_ = static_cast<std::uint8_t>(bits_ >> 1U);
    return is_set;
  }

 private:
  std::uint8_t bits_;
};

}  // namespace penny::fuzz
