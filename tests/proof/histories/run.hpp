#pragma once

// One run on one store: four processes with four threads each work, and meanwhile processes are killed, stopped and started
// anew. Afterwards a fresh process reads what is there.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "proof/histories/history.hpp"

namespace penny::proof::histories {

struct Attacks {
  std::uint64_t kills = 0;
  std::uint64_t stops = 0;
  std::uint64_t restarts = 0;
  std::uint64_t long_reads = 0;
  std::uint64_t stopped_readers = 0;  // in the middle of it
};

struct Run {
  History history;
  Attacks attacks;
  std::vector<std::string> problems;  // a process that failed or hung, a store that is not whole
  std::uint64_t work_ms = 0;
};

struct RunOrder {
  std::string folder;  // empty, and afterwards to be removed by the caller
  std::uint64_t seed = 0;
  std::uint64_t calls = 0;                  // of all threads together
  std::uint64_t calls_between_attacks = 0;  // at least: on a slow disk there would be nothing but attacks
  std::chrono::milliseconds pause_max{0};   // between two attacks; half of it on average
};
[[nodiscard]] Run run_on_one_store(const RunOrder& order, const std::function<void(std::uint64_t)>& progress);

}  // namespace penny::proof::histories
