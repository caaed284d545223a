#pragma once

// Which of the states that a power cut may leave are tried. Every position gets the two ends (nothing survives, everything
// does); few pending operations are tried in every combination; of many, ways of losing are drawn from one table.

#include <cstddef>
#include <random>
#include <vector>

#include "proof/power/disk.hpp"

namespace penny::proof::power {

using Random = std::mt19937_64;

// A number in [0, below).
[[nodiscard]] inline std::size_t draw(Random& random, std::size_t below) { return random() % below; }
[[nodiscard]] inline bool is_one_in(Random& random, std::size_t chances) { return draw(random, chances) == 0; }

struct Effort {
  std::size_t states_per_moment = 4;  // about; more where every combination is tried
  std::size_t exhaust_one_in = 12;    // of the moments with up to ten pending operations, beside those with very few
};

[[nodiscard]] std::vector<Survivors> choose(const Disk& disk, const Effort& effort, Random& random);

}  // namespace penny::proof::power
