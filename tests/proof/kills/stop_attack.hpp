#pragma once

// One store, from its creation to the account: processes write to it, and one after the other is stopped for a while.

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "proof/kills/court.hpp"
#include "proof/kills/points.hpp"
#include "proof/kills/stop_account.hpp"

namespace penny::proof::kills {

struct StopAttack {
  std::string folder;  // empty, ours
  std::string census_path;
  Census* census = nullptr;
  std::uint64_t seed = 0;
  std::uint32_t store_number = 0;
  std::uint64_t stops = 0;
};

struct StopTally {
  StopFigures figures;
  std::uint64_t stops_inside = 0;
  std::uint64_t stops_outside = 0;
  std::uint64_t long_stops = 0;  // of a second and more
  std::map<std::string, std::uint64_t> where;
  std::uint64_t operations = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t stored_at_retry = 0;  // requests that were refused because of their deadlines, and stored later
  std::uint64_t reads_in_stops = 0;
  std::uint64_t worst_read_ns = 0;
};

// Adds what happened to `tally`. `stopped` is called after each stop.
void stop_processes(const StopAttack& attack, StopTally& tally, Court& court, const std::function<void()>& stopped);

}  // namespace penny::proof::kills
