#pragma once

// One store, from its creation to the account: processes write to it and are killed all the while.

#include <cstdint>
#include <functional>
#include <string>

#include "proof/kills/court.hpp"
#include "proof/kills/points.hpp"
#include "proof/kills/tally.hpp"

namespace penny::proof::kills {

struct Attack {
  std::string folder;  // empty, ours
  std::string census_path;
  Census* census = nullptr;
  std::uint64_t seed = 0;
  std::uint32_t store_number = 0;
  std::uint64_t kills = 0;
};

// Adds what happened to `tally` and to the census's hits. `killed` is called for each kill.
void attack_store(const Attack& attack, Tally& tally, Court& court, const std::function<void()>& killed);

}  // namespace penny::proof::kills
