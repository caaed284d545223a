#pragma once

// How long calls took, in buckets that are at most a tenth wide: small enough for a line between processes.

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>

namespace penny::proof::soak {

class Latencies {
 public:
  void add(std::chrono::microseconds took) {
    counts_[bucket(static_cast<double>(took.count()))] += 1;
    worst_ = std::max(worst_, took);
  }
  // One that is not over yet counts as the worst, but not as a call.
  void wait(std::chrono::microseconds since) { worst_ = std::max(worst_, since); }
  void add(const Latencies& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    worst_ = std::max(worst_, other.worst_);
  }

  [[nodiscard]] std::uint64_t count() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts_) sum += count;
    return sum;
  }
  [[nodiscard]] double worst_ms() const { return static_cast<double>(worst_.count()) / 1000; }
  // The upper end of the bucket in which it lies; 0 without calls.
  [[nodiscard]] double quantile_ms(double part) const {
    const double wanted = part * static_cast<double>(count());
    double sum = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      sum += static_cast<double>(counts_[i]);
      if (sum > 0 && sum >= wanted) return std::min(upper_end(i) / 1000, worst_ms());
    }
    return 0;
  }

  // "worst bucket:count bucket:count ..."
  [[nodiscard]] std::string line() const {
    std::string text = std::to_string(worst_.count());
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] > 0) text += " " + std::to_string(i) + ":" + std::to_string(counts_[i]);
    }
    return text;
  }
  static Latencies from(std::istringstream& line) {
    Latencies read;
    std::int64_t worst = 0;
    line >> worst;
    read.worst_ = std::chrono::microseconds(worst);
    std::size_t at = 0;
    char colon = ':';
    std::uint64_t count = 0;
    while (line >> at >> colon >> count) read.counts_.at(at) += count;
    return read;
  }

 private:
  static constexpr double kPerDoubling = 8;
  static std::size_t bucket(double us) {
    return std::min(kBuckets - 1, static_cast<std::size_t>(kPerDoubling * std::log2(us + 1)));
  }
  static double upper_end(std::size_t at) { return std::exp2(static_cast<double>(at + 1) / kPerDoubling) - 1; }
  static constexpr std::size_t kBuckets = 256;
  std::array<std::uint64_t, kBuckets> counts_{};
  std::chrono::microseconds worst_{0};
};

}  // namespace penny::proof::soak
