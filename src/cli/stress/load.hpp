#pragma once

// The load: writers flat out, observers beside them, for so many seconds, and what they measured.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include <penny/error.hpp>
#include <penny/model.hpp>

#include "cli/stress/accountant.hpp"
#include "cli/stress/crew.hpp"
#include "cli/stress/fairness.hpp"
#include "cli/stress/killer.hpp"
#include "cli/stress/script.hpp"

namespace penny::cli::stress {

struct LoadPlan {
  std::string store;
  std::filesystem::path log;  // folder for the log, made
  std::size_t writers = 0;
  std::uint32_t threads = 1;
  std::size_t observers = 0;
  std::chrono::milliseconds duration{0};
  std::uint64_t seed = 1;
  bool kills = false;
};

struct WriterFigures {
  std::string user;
  Modality modality = Modality::kChat;
  std::uint64_t writes = 0;  // acknowledged while the load ran
  std::uint64_t lives = 0;
  double rate = 0;  // per second
  double p50_ms = 0;
  double p99_ms = 0;
  double worst_ms = 0;  // a wait that is not over counts
  double share = 0;     // of what each would have if all had the same
};

struct LoadFigures {
  double seconds = 0;
  std::vector<WriterFigures> writers;
  WriterFigures all;
  Fairness fairness;
  std::uint64_t refused = 0;
  std::uint64_t locked = 0;
  std::uint64_t starved = 0;  // lives of which 2 s passed without an acknowledgement
  std::uint64_t read_errors = 0;
  double worst_idle_ms = 0;  // of a writer without a request in flight
  KillCounts kills;
};

struct LoadResult {
  LoadFigures figures;
  Verdict verdict;
  std::vector<std::string> verify_problems;
  std::optional<std::string> message;  // the first thing that went wrong in a process
  bool has_failed_process = false;
};

// Called about four times a second with the figures so far.
using Display = std::function<void(const LoadFigures&)>;

// Blocks until everything is accounted for. `is_stop_requested` ends the load early.
[[nodiscard]] Result<LoadResult> run_load(const LoadPlan& plan, const Script& script, const Display& display,
                                          bool (*is_stop_requested)());

}  // namespace penny::cli::stress
