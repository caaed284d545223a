#pragma once

// How long the last ten turns of a user take in the library, with nobody else there and while 64 threads of another
// process write as fast as they can.

#include <array>
#include <cstdint>
#include <string_view>

#include "bench/runner.hpp"

namespace penny::bench {

struct ReadMode {
  std::string_view name;
  std::uint32_t writer_threads = 0;
};

inline constexpr std::array<ReadMode, 2> kReadModes{
    {{.name = "idle"}, {.name = "64 threads writing", .writer_threads = 64}}};

struct ReadRun {
  Quiet quiet;
  double p50_us = 0;
  double p99_us = 0;
  double worst_us = 0;
  double reads_per_second = 0;
  double writes_per_second = 0;
};

[[nodiscard]] ReadRun run_reads(Runner& runner, const ReadMode& mode, std::uint32_t round);

}  // namespace penny::bench
