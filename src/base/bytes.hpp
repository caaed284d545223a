#pragma once

// The form of numbers and texts in everything that is hashed or kept as bytes: integers and the bits of doubles in 8
// bytes little-endian, bytes after an 8-byte length, a flag as the integer 0 or 1. One value has one form.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace penny::base {

static_assert(std::endian::native == std::endian::little, "Penny's byte order is the machine's");

class ByteWriter {
 public:
  void u64(std::uint64_t value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes_.append(raw, sizeof raw);
  }
  void i64(std::int64_t value) { u64(std::bit_cast<std::uint64_t>(value)); }
  void f64(double value) { u64(std::bit_cast<std::uint64_t>(value)); }
  void flag(bool value) { u64(value ? 1 : 0); }
  void bytes(std::string_view value) {
    u64(value.size());
    bytes_.append(value);
  }

  void reserve(std::size_t size) { bytes_.reserve(size); }
  [[nodiscard]] std::string_view view() const { return bytes_; }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads what a `ByteWriter` wrote. The first value that is not there, or not in its one form, fails the reader for
// good: from then on every value is 0 or empty. Does not own the bytes.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t u64() {
    std::uint64_t value = 0;
    if (rest_.size() < sizeof value) return fail(), 0;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  std::int64_t i64() { return std::bit_cast<std::int64_t>(u64()); }
  double f64() { return std::bit_cast<double>(u64()); }
  bool flag() {
    const std::uint64_t value = u64();
    if (value > 1) fail();
    return ok_ && value == 1;
  }
  // A view into the bytes that are read.
  std::string_view bytes() {
    const std::uint64_t size = u64();
    if (size > rest_.size()) return fail(), std::string_view{};
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }

  // For a caller that finds a value out of its range.
  void fail() {
    ok_ = false;
    rest_ = {};
  }

  [[nodiscard]] bool ok() const { return ok_; }
  // Nothing is left, and nothing failed.
  [[nodiscard]] bool at_end() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace penny::base
