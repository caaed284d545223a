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

// Some `amount` of them, and more where every combination is tried.
[[nodiscard]] std::vector<Survivors> choose(const Disk& disk, std::size_t amount, Random& random);

}  // namespace penny::proof::power
