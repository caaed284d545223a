// UUID version 7 (RFC 9562, sections 5.7 and 6.2, method 1: a counter below the milliseconds).
//
//     milliseconds : 48 | version : 4 | counter, upper 12 | variant : 2 | counter, lower 7 | random : 55
//
// Milliseconds and counter are one number, the sequence. What must hold: this process never uses a sequence twice, and
// each is above the one before. So it is one atomic, taken by compare-and-exchange: a fork in any thread leaves nothing
// locked. Other processes, and parent and child of a fork, may use the same sequence: there the random bits differ,
// which every process draws for itself.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <penny/id.hpp>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/uuid_sequence.hpp"

namespace penny {
namespace {

constexpr unsigned kCounterLowBits = 7;
constexpr std::uint64_t kCounterLowMask = (std::uint64_t{1} << kCounterLowBits) - 1;
constexpr std::uint64_t kCounterMask = (std::uint64_t{1} << base::kUuidCounterBits) - 1;
constexpr std::uint64_t kRandomMask = (std::uint64_t{1} << 55) - 1;

// Guards nothing else, so relaxed will do.
std::atomic<std::uint64_t> last_sequence{0};

std::uint64_t random_number() {
  std::array<std::uint8_t, 8> bytes;
  base::fill_random(bytes);
  std::uint64_t number = 0;
  for (const std::uint8_t byte : bytes) number = (number << 8) | byte;
  return number;
}

std::uint64_t take_sequence(std::uint64_t random) {
  const auto since_1970 = std::chrono::duration_cast<std::chrono::milliseconds>(base::now().time_since_epoch()).count();
  const std::uint64_t now_ms = since_1970 > 0 ? static_cast<std::uint64_t>(since_1970) : 0;
  std::uint64_t last = last_sequence.load(std::memory_order_relaxed);
  std::uint64_t next = 0;
  do {
    next = base::next_uuid_sequence(last, now_ms, random);
  } while (!last_sequence.compare_exchange_weak(last, next, std::memory_order_relaxed));
  return next;
}

void put_big_endian(std::uint64_t value, std::uint8_t* to) {
  for (unsigned i = 0; i < 8; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * (7 - i)));
}

int hexadecimal(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

constexpr std::size_t kTextLength = 36;

bool is_hyphen_place(std::size_t place) { return place == 8 || place == 13 || place == 18 || place == 23; }

}  // namespace

OperationId OperationId::make() {
  const std::uint64_t sequence = take_sequence(random_number());
  const std::uint64_t milliseconds = sequence >> base::kUuidCounterBits;
  const std::uint64_t counter = sequence & kCounterMask;
  OperationId id;
  put_big_endian((milliseconds << 16) | (std::uint64_t{7} << 12) | (counter >> kCounterLowBits), id.bytes.data());
  put_big_endian((std::uint64_t{2} << 62) | ((counter & kCounterLowMask) << 55) | (random_number() & kRandomMask),
                 id.bytes.data() + 8);
  return id;
}

std::optional<OperationId> OperationId::parse(std::string_view text) {
  if (text.size() != kTextLength) return std::nullopt;
  OperationId id;
  std::size_t digits = 0;
  for (std::size_t place = 0; place < text.size(); ++place) {
    if (is_hyphen_place(place)) {
      if (text[place] != '-') return std::nullopt;
      continue;
    }
    const int value = hexadecimal(text[place]);
    if (value < 0) return std::nullopt;
    std::uint8_t& byte = id.bytes[digits / 2];
    byte = static_cast<std::uint8_t>((byte << 4) | value);
    ++digits;
  }
  return id;
}

std::string OperationId::to_string() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(kTextLength, '-');
  std::size_t digits = 0;
  for (std::size_t place = 0; place < text.size(); ++place) {
    if (is_hyphen_place(place)) continue;
    const std::uint8_t byte = bytes[digits / 2];
    text[place] = kDigits[digits % 2 == 0 ? byte >> 4 : byte & 0x0f];
    ++digits;
  }
  return text;
}

std::optional<Time> OperationId::time() const {
  if ((bytes[6] >> 4) != 7 || (bytes[8] >> 6) != 2) return std::nullopt;
  std::int64_t milliseconds = 0;
  for (std::size_t i = 0; i < 6; ++i) milliseconds = (milliseconds << 8) | bytes[i];
  return Time{std::chrono::milliseconds{milliseconds}};
}

}  // namespace penny
