#pragma once

// One run on one store: four processes with four threads each work, and meanwhile processes are killed, stopped and started
// anew. Afterwards a fresh process reads what is there.

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
  std::uint64_t stopped_readers = 0;
};

struct Run {
  History history;
  Attacks attacks;
  std::vector<std::string> problems;  // a process that failed or hung, a store that is not whole
  std::uint64_t work_ms = 0;
};

// `folder`: empty, and afterwards to be removed by the caller. `calls` of all threads together.
[[nodiscard]] Run run_on_one_store(const std::string& folder, std::uint64_t seed, std::uint64_t calls,
                                   const std::function<void(std::uint64_t)>& progress);

}  // namespace penny::proof::histories
