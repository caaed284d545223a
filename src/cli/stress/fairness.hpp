#pragma once

// How evenly work was shared.

#include <algorithm>
#include <cstdint>
#include <span>

namespace penny::cli::stress {

struct Fairness {
  double jain = 0;            // (sum x)^2 / (n * sum x^2): 1 when all are equal, 1/n when one has all
  double fewest_of_most = 0;  // the smallest share against the largest
};

[[nodiscard]] inline Fairness fairness_of(std::span<const std::uint64_t> counts) {
  double sum = 0;
  double squares = 0;
  for (const std::uint64_t count : counts) {
    sum += static_cast<double>(count);
    squares += static_cast<double>(count) * static_cast<double>(count);
  }
  if (squares == 0) return {};
  const auto [fewest, most] = std::ranges::minmax(counts);
  return {.jain = sum * sum / (static_cast<double>(counts.size()) * squares),
          .fewest_of_most = static_cast<double>(fewest) / static_cast<double>(most)};
}

}  // namespace penny::cli::stress
