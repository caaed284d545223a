#pragma once

// Runs worker processes over fresh copies of prefilled stores, sees to it that nothing else was busy meanwhile, and
// collects what was lost.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/contender.hpp"
#include "bench/shared_page.hpp"

namespace penny::bench {

// More processor time of others than this disturbs a run.
inline constexpr double kOthersCoresMax = 0.2;
inline constexpr std::uint32_t kRepetitionsMax = 3;

struct Options {
  std::vector<std::string> workloads;  // empty: all
  double seconds = 10;
  std::uint32_t rounds = 5;
  std::filesystem::path store_dir = "data/bench";
  std::filesystem::path json;
  std::filesystem::path markdown;
};

// How far a kept run can be trusted.
struct Quiet {
  double others_cores = 0;
  std::uint32_t attempts = 1;

  [[nodiscard]] bool is_disturbed() const { return others_cores > kOthersCoresMax; }
};

struct WriteRun {
  Quiet quiet;
  double rate =
      0;  // acknowledged writes per second of the window; with search also of the time until all could be found
  double behind_ms = 0;  // that time
  std::uint64_t stored = 0;
  std::uint64_t refused = 0;
  std::uint64_t unknown = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double median_worst_wait_ms = 0;  // over writers, of each one's worst wait
  double worst_wait_ms = 0;
  std::uint64_t fewest = 0;  // acknowledged writes of the unluckiest writer
  std::uint64_t most = 0;
};

class Runner {
 public:
  // Makes a folder of its own within `options.store_dir`, and removes it at its end.
  explicit Runner(const Options& options);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // The undisturbed one of at most 1 + `kRepetitionsMax` runs, else the least disturbed.
  [[nodiscard]] WriteRun run_writes(const WriteWorkload& workload, Contender contender, std::uint32_t round);

  // Measures until a run was quiet. `measure()` gives a struct with a member `quiet`.
  template <class Measure>
  [[nodiscard]] auto least_disturbed(Measure measure) {
    auto kept = measure();
    for (std::uint32_t attempt = 2; kept.quiet.is_disturbed() && attempt <= 1 + kRepetitionsMax; ++attempt) {
      auto again = measure();
      if (again.quiet.others_cores < kept.quiet.others_cores) kept = again;
      kept.quiet.attempts = attempt;
    }
    return kept;
  }

  // A copy of the contender's template, on disk. Makes the template when it is needed first. The copy before is gone.
  [[nodiscard]] std::string fresh_store(Contender contender, bool has_search = false);

  // Starts a process per order that is written in the page, opens a window of `options.seconds` when `threads` threads
  // are ready, and returns when all processes have ended. Throws `std::runtime_error` if one fails or does not end.
  [[nodiscard]] Quiet run_workers(SharedMemory& memory, std::uint32_t orders, std::uint32_t threads);

  // In a fresh process: everything that was acknowledged since the template is there, and the store is whole. What is
  // not goes to `problems`.
  void account_for(const std::string& path, Contender contender, Task task, const SharedPage& run,
                   std::string_view what);

  void add_problem(std::string problem) { problems_.push_back(std::move(problem)); }
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  void make_template(Contender contender, const std::filesystem::path& folder, bool has_search);
  [[nodiscard]] WriteRun run_writes_once(const WriteWorkload& workload, Contender contender, std::uint64_t seed);

  Options options_;
  std::filesystem::path folder_;
  std::vector<std::string> problems_;
};

// Sets the path of an order. Throws `std::runtime_error` if it is too long.
void set_path(Order& order, const std::string& path);

}  // namespace penny::bench
