#pragma once

// Writes a stretch of conversations, as fast as it goes.

#include <cstdint>

#include <penny/store.hpp>

#include "bench/figures/speech.hpp"
#include "bench/statistics.hpp"

namespace penny::figures {

struct Stretch {
  std::uint64_t first = 0;  // number of the first turn
  std::uint64_t turns = 0;
};

struct Written {
  bench::Histogram waits;
  double seconds = 0;
  std::uint64_t last_commit_ns = 0;  // CLOCK_MONOTONIC
};

// Every turn of the stretch once, from so many threads. Throws if one is not stored.
[[nodiscard]] Written write_turns(Store& store, const Speech& speech, std::uint32_t users, Stretch stretch,
                                  std::uint32_t threads);

}  // namespace penny::figures
