#include "proof/part.hpp"

#include "proof/damage/damage.hpp"
#include "proof/soak/soak.hpp"

namespace penny::proof {

std::uint64_t Order::amount_or(std::uint64_t for_short, std::uint64_t for_ci, std::uint64_t for_long) const {
  if (amount > 0) return amount;
  switch (scale) {
    case Scale::kShort:
      return for_short;
    case Scale::kLong:
      return for_long;
    default:
      return for_ci;
  }
}

const std::vector<Part>& parts() {
  static const std::vector<Part> all{
      {"damage", "Flipped bits, lost sectors and cut files in every part of a store; counts damages", damage::run},
      {"soak", "Writers, readers and watchers for a long time, and nothing that grows or drifts; counts seconds",
       soak::run},
  };
  return all;
}

const std::vector<Worker>& workers() {
  static const std::vector<Worker> all{
      {"damage", damage::attack},
      {"damage_fill", damage::fill},
      {"soak", soak::load},
  };
  return all;
}

}  // namespace penny::proof
