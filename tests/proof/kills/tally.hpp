#pragma once

// What happened to processes and stores. Not thread-safe; tallies of several threads are added up.

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "proof/kills/points.hpp"
#include "proof/report.hpp"

namespace penny::proof::kills {

struct Tally {
  std::uint64_t kills = 0;
  // At random times, by what the shared page said of the process.
  std::uint64_t inside = 0;
  std::uint64_t waiting = 0;
  std::uint64_t elsewhere = 0;
  std::uint64_t at_once = 0;                            // all processes of a store within a moment
  std::array<std::uint64_t, kPointsMax> after_point{};  // at random times: the last point of each of its threads
  std::uint64_t stores = 0;
  std::uint64_t operations = 0;
  std::uint64_t requests = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t retries_stored = 0;
  std::uint64_t retries_known = 0;
  std::uint64_t retries_answered = 0;
  std::uint64_t unanswered_stored = 0;  // at the end of a store, when all were dead
  std::uint64_t unanswered_absent = 0;
  std::uint64_t reads = 0;
  std::uint64_t worst_wait_ns = 0;

  void add(const Tally& other);
  void show(const Census& census, double seconds, Report& report) const;
};

}  // namespace penny::proof::kills
