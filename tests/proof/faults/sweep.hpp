#pragma once

// The worker's side: its share of all fault points.
//
// A cell is a subject and a fault, once or for ever; its points are n = 1, 2, 3 ... until the deed ends without meeting the
// fault. Of each cell a worker takes every k-th point. How many calls there are is counted before, without a fault; what is
// sampled is chosen by the seed, and evenly over the faults.

#include <cstdint>
#include <string>
#include <vector>

#include "proof/faults/attempt.hpp"

namespace penny::proof::faults {

struct Share {
  std::string folder;         // of this worker alone
  std::uint64_t index = 0;    // of this worker
  std::uint64_t workers = 1;  // how many there are
  std::uint64_t budget = 0;   // of points of all workers; 0: all points
  std::uint64_t pairs = 0;    // of pairs of faults, of all workers
  std::uint64_t seed = 1;
  std::uint64_t first_cell = 0;  // the cells before it are done
};

// `penny_proof --worker faults ...`: see `arguments_of`.
[[nodiscard]] int run_faults_worker(const std::vector<std::string>& arguments);
[[nodiscard]] std::vector<std::string> arguments_of(const Share& share);

}  // namespace penny::proof::faults
