#include "proof/part.hpp"
#include "proof/power/power.hpp"

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
      {"power", "Power cuts at every moment; counts states of the disk", power::run},
  };
  return all;
}

const std::vector<Worker>& workers() {
  static const std::vector<Worker> all{};
  return all;
}

}  // namespace penny::proof
