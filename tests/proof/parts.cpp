#include "proof/part.hpp"
#include "proof/power/power.hpp"

#include "proof/basics/basics.hpp"
#include "proof/histories/histories.hpp"
#include "proof/histories/worker.hpp"
#include "proof/plants/plants.hpp"

#include "proof/faults/faults.hpp"
#include "proof/faults/sweep.hpp"

#include "proof/kills/kills.hpp"

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
      {"basics", "What the interface promises, asked once and answered by hand; --amount counts nothing", basics::run},
      {"plants", "Switches planted bugs on, and demands that other parts go red; --amount counts nothing", plants::run},
      {"histories", "Processes on a few hot keys, checked call by call; the amount counts operations", histories::run},
      {"power", "Power cuts at every moment; counts states of the disk", power::run},
      {"faults", faults::kDescription, faults::run},
      {"kills", "SIGKILL of writing processes, at random times and at marked points (amount: kills)", kills::run_kills},
      {"stops", "SIGSTOP of who holds the gate or waits for it (amount: stops)", kills::run_stops},
      {"damage", "Flipped bits, lost sectors and cut files in every part of a store; counts damages", damage::run},
      {"soak", "Writers, readers and watchers for a long time, and nothing that grows or drifts; counts seconds",
       soak::run},
  };
  return all;
}

const std::vector<Worker>& workers() {
  static const std::vector<Worker> all{
      {"basics_neighbour", basics::work},
      {histories::kWriterName, histories::run_writer},
      {histories::kReaderName, histories::run_reader},
      {histories::kFinalName, histories::run_final},
      {"faults", faults::run_faults_worker},
      {"kills", kills::run_worker},
      {"damage", damage::attack},
      {"damage_fill", damage::fill},
      {"soak", soak::load},
  };
  return all;
}

}  // namespace penny::proof
