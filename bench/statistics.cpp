#include "bench/statistics.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

namespace penny::bench {
namespace {

constexpr unsigned kOctaveBits = 6;
static_assert(Histogram::kBucketsPerOctave == std::size_t{1} << kOctaveBits);

// Durations below 64 ns have a bucket each; above, an octave is cut into 64 parts.
std::size_t bucket_of(std::uint64_t nanoseconds) {
  if (nanoseconds < Histogram::kBucketsPerOctave) return static_cast<std::size_t>(nanoseconds);
  const unsigned shift = static_cast<unsigned>(std::bit_width(nanoseconds)) - 1 - kOctaveBits;
  const std::size_t part = static_cast<std::size_t>(nanoseconds >> shift) - Histogram::kBucketsPerOctave;
  return std::min(Histogram::kBuckets - 1, (shift + 1) * Histogram::kBucketsPerOctave + part);
}

double middle_of(std::size_t bucket) {
  if (bucket < Histogram::kBucketsPerOctave) return static_cast<double>(bucket);
  const int shift = static_cast<int>(bucket / Histogram::kBucketsPerOctave) - 1;
  const auto part = static_cast<double>(bucket % Histogram::kBucketsPerOctave);
  return std::ldexp(static_cast<double>(Histogram::kBucketsPerOctave) + part + 0.5, shift);
}

}  // namespace

void Histogram::record(std::uint64_t nanoseconds) {
  ++buckets_[bucket_of(nanoseconds)];
  ++count_;
  worst_ns_ = std::max(worst_ns_, nanoseconds);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) buckets_[bucket] += other.buckets_[bucket];
  count_ += other.count_;
  worst_ns_ = std::max(worst_ns_, other.worst_ns_);
}

double Histogram::percentile_ns(double fraction) const {
  if (count_ == 0) return 0;
  const auto rank =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(count_))));
  if (rank >= count_) return static_cast<double>(worst_ns_);
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank) return std::min(middle_of(bucket), static_cast<double>(worst_ns_));
  }
  return static_cast<double>(worst_ns_);
}

double median(std::vector<double> values) {
  if (values.empty()) throw std::invalid_argument("the median of nothing");
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Summary summarize(const std::vector<double>& values) {
  const double middle = median(values);
  const auto [min, max] = std::ranges::minmax(values);
  return {.median = middle, .min = min, .max = max};
}

Summary summarize_ratios(std::span<const double> dividends, std::span<const double> divisors) {
  if (dividends.size() != divisors.size()) throw std::invalid_argument("a round without its rival");
  std::vector<double> ratios;
  for (std::size_t round = 0; round < dividends.size(); ++round) ratios.push_back(dividends[round] / divisors[round]);
  return summarize(ratios);
}

}  // namespace penny::bench
