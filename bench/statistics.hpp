#pragma once

// The arithmetic of the benchmark: durations counted in buckets, and what is said of several rounds. Pure.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace penny::bench {

// Counts durations in buckets whose width is at most 1/64 of their value. Lies in memory that processes share: one
// thread records, another process reads once that thread's process has ended.
class Histogram {
 public:
  // Beyond some 18 minutes durations fall into the last bucket; `worst_ns` stays exact.
  void record(std::uint64_t nanoseconds);
  void merge(const Histogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t worst_ns() const { return worst_ns_; }

  // The duration that at least this fraction (0..1) of all recorded ones do not exceed, at most 1/64 off. 0 if empty.
  [[nodiscard]] double percentile_ns(double fraction) const;

  static constexpr std::size_t kBucketsPerOctave = 64;
  static constexpr std::size_t kBuckets = kBucketsPerOctave * 35;

 private:
  std::uint64_t count_ = 0;
  std::uint64_t worst_ns_ = 0;
  std::array<std::uint32_t, kBuckets> buckets_{};
};

// What is said of one figure over all rounds.
struct Summary {
  double median = 0;
  double min = 0;
  double max = 0;
};

// Of an even number of values the median is the mean of the two in the middle. `values` must not be empty.
[[nodiscard]] double median(std::vector<double> values);
[[nodiscard]] Summary summarize(const std::vector<double>& values);

// Round by round, so that a disk that wanders over the rounds does not matter. Both have one value per round, and no
// divisor is 0.
[[nodiscard]] Summary summarize_ratios(std::span<const double> dividends, std::span<const double> divisors);

}  // namespace penny::bench
