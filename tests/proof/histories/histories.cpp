#include "proof/histories/histories.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include "proof/histories/checkers.hpp"
#include "proof/histories/run.hpp"

namespace penny::proof::histories {
namespace {

constexpr std::uint64_t kCallsOfShort = 6'000;
constexpr std::uint64_t kCallsOfCi = 200'000;
constexpr std::uint64_t kCallsOfLong = 100'000'000;
constexpr std::uint64_t kCallsOfStore = 50'000;
constexpr double kOverlapMin = 0.3;

constexpr const char* kOverlaps = "at least 30 % of the operations run at the same time as another one on the same key";
constexpr const char* kWhole =
    "no process fails or hangs, and the store is whole for `verify`, while they work and in the end";

constexpr const char* kDecided = "the search for linearisations decides at least 99 % of its windows";
constexpr const char* kReadable = "no history is so broken that a checker cannot read it";

struct Total {
  Findings findings;
  Overlap overlap;
  LinearCounts linear;
  Attacks attacks;
  std::uint64_t stores = 0;
  std::uint64_t operations = 0;
  std::uint64_t stored = 0;
  std::uint64_t refused = 0;
  std::uint64_t unanswered = 0;
  std::uint64_t work_ms = 0;
  std::uint64_t check_ms = 0;
  std::vector<std::string> problems;

  [[nodiscard]] bool is_red() const {
    return !problems.empty() ||
           std::ranges::any_of(findings.claims(), [](const auto& entry) { return entry.second.contradicted > 0; });
  }
};

// The checkers side by side. Each has findings of its own.
void check(const History& history, std::uint32_t jobs, Total& total) {
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::function<void(Findings&)>> checkers;
  for (const auto checker : {check_model, check_lists, check_set, check_sequence, check_evolution, check_guarantees}) {
    checkers.emplace_back([&history, checker](Findings& findings) { checker(history, findings); });
  }
  LinearCounts linear;
  checkers.emplace_back([&](Findings& findings) { linear = check_linear(history, findings); });
  std::vector<Findings> found(checkers.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t place = next.fetch_add(1); place < checkers.size(); place = next.fetch_add(1)) {
      try {
        checkers[place](found[place]);
      } catch (const std::exception& error) {
        found[place].contradict(kReadable, 1, [&] { return fmt::format("checker {}: {}", place, error.what()); });
      }
      found[place].tested(kReadable);
    }
  };
  std::vector<std::thread> threads;
  for (std::uint32_t job = 1; job < jobs; ++job) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();

  for (const Findings& one : found) total.findings.add(one, fmt::format("seed {}: ", history.seed));
  total.linear.calls += linear.calls;
  total.linear.windows += linear.windows;
  total.linear.undecided += linear.undecided;
  total.linear.configurations_max = std::max(total.linear.configurations_max, linear.configurations_max);
  const Overlap overlap = overlap_of(history);
  total.overlap.calls += overlap.calls;
  total.overlap.overlapping += overlap.overlapping;
  for (const Call& call : history.calls) {
    total.operations += 1;
    if (call.is_stored()) total.stored += 1;
    if (call.status == Status::kRefused) total.refused += 1;
    if (call.status == Status::kUnknown) total.unanswered += 1;
  }
  total.check_ms += static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count());
}

void add(const Attacks& attacks, Attacks& total) {
  total.kills += attacks.kills;
  total.stops += attacks.stops;
  total.restarts += attacks.restarts;
  total.long_reads += attacks.long_reads;
  total.stopped_readers += attacks.stopped_readers;
}

std::string per_second(std::uint64_t count, std::uint64_t ms) {
  return with_thousands_apart(ms == 0 ? count : count * 1000 / ms);
}

void report_figures(const Total& total, Report& report) {
  report.figure("operations",
                fmt::format("{} in {} stores, {} per second while they work, {} per second in the checkers",
                            with_thousands_apart(total.operations), total.stores,
                            per_second(total.operations, total.work_ms), per_second(total.operations, total.check_ms)));
  report.figure("of them",
                fmt::format("{} stored, {} refused, {} without an answer", with_thousands_apart(total.stored),
                            with_thousands_apart(total.refused), with_thousands_apart(total.unanswered)));
  report.figure("overlapping", fmt::format("{:.1f} %", 100 * total.overlap.share()));
  report.figure("attacks",
                fmt::format("{} kills, {} stops of 50-300 ms, {} restarts, {} long reads, of which {} were stopped",
                            total.attacks.kills, total.attacks.stops, total.attacks.restarts, total.attacks.long_reads,
                            total.attacks.stopped_readers));
  report.figure("linearisability",
                fmt::format("{} calls in {} windows, {} undecided, at most {} configurations",
                            with_thousands_apart(total.linear.calls), with_thousands_apart(total.linear.windows),
                            total.linear.undecided, with_thousands_apart(total.linear.configurations_max)));
}

}  // namespace

void run(const Order& order, Report& report) {
  const std::uint64_t amount = order.amount_or(kCallsOfShort, kCallsOfCi, kCallsOfLong);
  const std::uint64_t calls_of_store = order.scale == Scale::kLong ? 4 * kCallsOfStore : kCallsOfStore;
  // A short run is over soon, and should be attacked all the same.
  const bool is_short = order.scale == Scale::kShort;
  const std::chrono::milliseconds pause_max(is_short ? 60 : 250);
  const std::uint64_t calls_between_attacks = is_short ? 60 : 150;
  Total total;
  Progress progress("operations", amount);
  std::uint64_t done = 0;
  // What is red will not become greener.
  while (done < amount && !total.is_red()) {
    const std::uint64_t seed = order.seed + total.stores;
    const std::uint64_t calls = std::min(calls_of_store, amount - done);
    const std::string folder = fmt::format("{}/{}", order.folder, total.stores);
    std::filesystem::create_directory(folder);
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
    const Run one = run_on_one_store({.folder = folder,
                                      .seed = seed,
                                      .calls = calls,
                                      .calls_between_attacks = calls_between_attacks,
                                      .pause_max = pause_max},
                                     [&](std::uint64_t here) { progress.at(done + here); });
    std::filesystem::remove_all(folder);
    add(one.attacks, total.attacks);
    total.work_ms += one.work_ms;
    for (const std::string& problem : one.problems) total.problems.push_back(fmt::format("seed {}: {}", seed, problem));
    total.stores += 1;
    done += calls;
    check(one.history, order.jobs, total);
  }

  report_figures(total, report);
  report.check(kOverlaps, total.overlap.share() >= kOverlapMin, fmt::format("{:.1f} %", 100 * total.overlap.share()));
  report.check(kDecided, total.linear.undecided * 100 <= total.linear.windows,
               fmt::format("{} of {} are undecided", total.linear.undecided, total.linear.windows));
  report.check(kWhole, total.problems.empty(), total.problems.empty() ? "" : total.problems.front());
  for (const auto& [claim, found] : total.findings.claims()) {
    report.check(claim, found.holds(),
                 found.tested == 0
                     ? "it was never put to the test"
                     : fmt::format("{} of {} times; {}", found.contradicted, found.tested, found.witness));
  }
}

}  // namespace penny::proof::histories
