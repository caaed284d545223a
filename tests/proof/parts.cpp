#include "proof/part.hpp"

#include "proof/kills/kills.hpp"

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
      {"kills", "SIGKILL of writing processes, at random times and at marked points (amount: kills)", kills::run_kills},
      {"stops", "SIGSTOP of who holds the gate or waits for it (amount: stops)", kills::run_stops},
  };
  return all;
}

const std::vector<Worker>& workers() {
  static const std::vector<Worker> all{
      {"kills", kills::run_worker},
  };
  return all;
}

}  // namespace penny::proof
