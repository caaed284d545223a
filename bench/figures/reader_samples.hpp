#pragma once

// The length of the write-ahead log and the number of open reads, looked at every 50 ms.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "bench/figures/counters.hpp"

namespace penny::figures {

struct Samples {
  std::uint64_t count = 0;
  std::uint64_t log_bytes_max = 0;
  std::uint64_t enough_open = 0;   // samples with at least so many reads open as are wanted
  std::uint64_t enough_there = 0;  // the same with those that are held back counted in
  double open_sum = 0;
  double seconds = 0;
  bool is_log_too_long = false;  // ended early for that

  [[nodiscard]] double open_mean() const { return count == 0 ? 0 : open_sum / static_cast<double>(count); }
  [[nodiscard]] double share(std::uint64_t of) const {
    return count == 0 ? 0 : static_cast<double>(of) / static_cast<double>(count);
  }
};

inline constexpr std::uint32_t kOpenWanted = 10;

struct Sampled {
  const std::string& store;
  const Counts& counts;
  std::uint64_t log_bytes_max = 0;  // a longer log ends it
};

// Until the time is over, or `is_done` (asked after each sample, with the seconds since the begin) is true.
[[nodiscard]] Samples sample(const Sampled& what, double seconds, const std::function<bool(double)>& is_done = {});

}  // namespace penny::figures
