#pragma once

// How long after a writer has its acknowledgement another process, which waits in `Watch::next`, holds the change.

#include <array>
#include <cstdint>
#include <string_view>

#include "bench/runner.hpp"

namespace penny::bench {

// One writer writes for the watched user alone, the others for any user.
struct WatchMode {
  std::string_view name;
  std::uint32_t processes = 1;
  std::uint32_t threads = 1;
  std::uint32_t pause_us = 0;  // of the watched writer
};

inline constexpr std::array<WatchMode, 3> kWatchModes{{
    {.name = "idle, a write every 5 ms", .pause_us = 5000},
    {.name = "8 threads flat out", .threads = 8},
    {.name = "8 processes flat out", .processes = 8},
}};

inline constexpr double kWatchP50TargetMs = 2;

struct WatchRun {
  Quiet quiet;
  std::uint64_t changes = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double worst_ms = 0;
  double writes_per_second = 0;  // of all writers
};

[[nodiscard]] WatchRun run_watch(Runner& runner, const WatchMode& mode, std::uint32_t round);

}  // namespace penny::bench
