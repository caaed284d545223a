#pragma once

// How the part of a UUIDv7 that grows is counted, apart from clock and chance.

#include <cstdint>

namespace penny::base {

// A sequence is 45 bits of milliseconds since 1970 (to the year 3084) above 19 bits of a counter.
inline constexpr unsigned kUuidCounterBits = 19;

// The sequence after `last` at the time `now_ms`; always above `last`. A new millisecond begins at a random counter,
// with its upper bit clear so that the counter has room to grow. Within a millisecond, and when the clock stepped back,
// it counts on; a counter that runs over goes on in the next millisecond.
[[nodiscard]] constexpr std::uint64_t next_uuid_sequence(std::uint64_t last, std::uint64_t now_ms,
                                                         std::uint64_t random) {
  if (now_ms <= (last >> kUuidCounterBits)) return last + 1;
  constexpr std::uint64_t kStartMask = (std::uint64_t{1} << (kUuidCounterBits - 1)) - 1;
  return (now_ms << kUuidCounterBits) | (random & kStartMask);
}

}  // namespace penny::base
