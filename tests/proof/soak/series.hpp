#pragma once

// What is sampled, second by second, and its form as a table (CSV).

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace penny::proof::soak {

// Of one process, from /proc.
struct Footprint {
  double resident_mb = 0;
  double proportional_mb = 0;  // resident, with shared pages divided among those who share them
  double anonymous_mb = 0;     // what it allocated
  double descriptors = 0;
  double threads = 0;
};
// Throws if there is no such process.
[[nodiscard]] Footprint footprint_of(pid_t process);

struct Sample {
  double seconds = 0;  // since the begin
  bool is_flat_out = false;
  double operations_per_second = 0;
  double worst_ms = 0;  // of all commits that ended since the sample before, or are still under way
  double p99_ms = 0;
  double wal_mb = 0;
  double database_mb = 0;
  std::uint64_t operations = 0;        // acknowledged since the begin
  std::vector<Footprint> processes{};  // the first opens and closes the store, the others write
};

[[nodiscard]] std::string as_csv(const std::vector<Sample>& samples);

// The values of one figure over all samples.
template <class Get>
[[nodiscard]] std::vector<double> values_of(const std::vector<Sample>& samples, Get get) {
  std::vector<double> values;
  values.reserve(samples.size());
  for (const Sample& sample : samples) values.push_back(static_cast<double>(get(sample)));
  return values;
}

// The middle value; 0 of none.
[[nodiscard]] double median(std::vector<double> values);

// 0: the first third of the values, 1: the middle one, 2: the last.
[[nodiscard]] std::vector<double> third_of(const std::vector<double>& values, std::size_t number);

}  // namespace penny::proof::soak
