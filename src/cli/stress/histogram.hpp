#pragma once

// Waits, counted in buckets that are about 4 % wide, in memory that processes share: many count, one reads.

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace penny::cli::stress {

// Nanoseconds; 16 buckets to each doubling, from 1 us up to some 70 minutes.
class Histogram {
 public:
  void add(std::uint64_t ns) { counts_[bucket_of(ns)].fetch_add(1, std::memory_order_relaxed); }

  void add(const Histogram& other) {
    for (std::size_t i = 0; i < kBuckets; ++i) {
      counts_[i].fetch_add(other.counts_[i].load(std::memory_order_relaxed), std::memory_order_relaxed);
    }
  }

  // Nearest rank, as the middle of its bucket. 0 if nothing was counted.
  [[nodiscard]] double quantile_ns(double fraction) const {
    std::uint64_t total = 0;
    for (const auto& count : counts_) total += count.load(std::memory_order_relaxed);
    if (total == 0) return 0;
    const auto rank =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(total))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += counts_[i].load(std::memory_order_relaxed);
      if (seen >= rank) return middle_of(i);
    }
    return middle_of(kBuckets - 1);
  }

 private:
  static constexpr unsigned kSteps = 16;
  static constexpr unsigned kLowestBit = 10;  // 1.024 us; what is shorter goes to the first bucket
  static constexpr std::size_t kBuckets = std::size_t{32} * kSteps;

  static std::size_t bucket_of(std::uint64_t ns) {
    if (ns < (std::uint64_t{1} << kLowestBit)) return 0;
    const auto top = static_cast<unsigned>(std::bit_width(ns)) - 1;
    const auto step = static_cast<std::size_t>((ns >> (top - 4)) & (kSteps - 1));
    return std::min(kBuckets - 1, std::size_t{top - kLowestBit} * kSteps + step);
  }

  static double middle_of(std::size_t bucket) {
    const auto top = static_cast<int>(bucket / kSteps + kLowestBit);
    const auto step = static_cast<double>(bucket % kSteps);
    return std::ldexp(1.0 + (step + 0.5) / kSteps, top);
  }

  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
};

}  // namespace penny::cli::stress
