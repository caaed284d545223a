#include "proof/part.hpp"

#include "proof/faults/faults.hpp"
#include "proof/faults/sweep.hpp"

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
      {"faults", faults::kDescription, faults::run},
  };
  return all;
}

const std::vector<Worker>& workers() {
  static const std::vector<Worker> all{
      {"faults", faults::run_faults_worker},
  };
  return all;
}

}  // namespace penny::proof
