#pragma once

// What was measured, as tables for people and as JSON for programs.

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/machine.hpp"
#include "bench/reads.hpp"
#include "bench/runner.hpp"
#include "bench/watch_latency.hpp"

namespace penny::bench {

// One run per round in every list.
struct WriteResults {
  WriteWorkload workload;
  std::array<std::vector<WriteRun>, kContenders.size()> runs;  // by the number of the contender

  [[nodiscard]] const std::vector<WriteRun>& of(Contender contender) const {
    return runs.at(static_cast<std::size_t>(contender));
  }
};

struct ReadResults {
  ReadMode mode;
  std::vector<ReadRun> runs;
};

struct WatchResults {
  WatchMode mode;
  std::vector<WatchRun> runs;
};

struct Results {
  Machine machine;
  double seconds = 0;
  std::vector<double> sync_us;  // at the begin of each round
  std::vector<WriteResults> writes;
  std::vector<ReadResults> reads;
  std::vector<WatchResults> watches;
  std::vector<std::string> problems;  // whatever was lost, doubled or damaged
};

[[nodiscard]] std::string markdown_of(const Results& results);
[[nodiscard]] std::string json_of(const Results& results);

}  // namespace penny::bench
