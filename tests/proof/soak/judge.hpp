#pragma once

// What a soak must have shown: figures and claims from its samples.

#include <cstdint>
#include <string>
#include <vector>

#include "proof/report.hpp"
#include "proof/soak/series.hpp"

namespace penny::proof::soak {

// How the processes of the load ended, and what the store holds then.
struct End {
  std::uint64_t acknowledged = 0;
  std::uint64_t stored = 0;
  std::uint64_t errors = 0;
  std::string first_error;
  std::vector<std::string> problems;  // of verify, or why it could not run
  std::vector<std::string> watches;   // that missed something
  double verify_seconds = 0;
};

void judge(const std::vector<Sample>& samples, const End& end, Report& report);

}  // namespace penny::proof::soak
