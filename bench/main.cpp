// penny_bench: the store against what one would write without it, on this machine.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "bench/processes.hpp"
#include "bench/report.hpp"
#include "bench/runner.hpp"
#include "bench/worker.hpp"

namespace penny::bench {
namespace {

constexpr std::string_view kReads = "reads";
constexpr std::string_view kWatch = "watch";

bool is_wanted(const Options& options, std::string_view name) {
  return options.workloads.empty() || std::ranges::find(options.workloads, name) != options.workloads.end();
}

std::vector<std::string> workload_names() {
  std::vector<std::string> names;
  for (const auto& workload : kWriteWorkloads) names.emplace_back(workload.name);
  names.emplace_back(kReads);
  names.emplace_back(kWatch);
  return names;
}

std::string marks_of(const Quiet& quiet) {
  return fmt::format("others {:.2f} cores{}{}", quiet.others_cores,
                     quiet.attempts > 1 ? fmt::format(", {} attempts", quiet.attempts) : "",
                     quiet.is_disturbed() ? ", DISTURBED" : "");
}

void measure_writes(Runner& runner, std::uint32_t round, std::vector<WriteResults>& results) {
  for (auto& result : results) {
    // Forwards and backwards in turn, so that nobody always follows the same neighbour.
    auto contenders = kContenders;
    if (round % 2 == 0) std::ranges::reverse(contenders);
    for (const Contender contender : contenders) {
      const WriteRun run = runner.run_writes(result.workload, contender, round);
      fmt::print(stderr, "round {}  {:<10} {:<5}  {:>7.0f}/s  p99 {:>8.2f} ms  worst {:>8.2f} ms  {}\n", round,
                 result.workload.name, name_of(contender), run.rate, run.p99_ms, run.worst_wait_ms,
                 marks_of(run.quiet));
      result.runs.at(static_cast<std::size_t>(contender)).push_back(run);
    }
  }
}

void measure_reads(Runner& runner, std::uint32_t round, std::vector<ReadResults>& results) {
  for (auto& [mode, runs] : results) {
    const ReadRun run = run_reads(runner, mode, round);
    fmt::print(stderr, "round {}  reads, {}: p50 {:.1f} us, p99 {:.1f} us  {}\n", round, mode.name, run.p50_us,
               run.p99_us, marks_of(run.quiet));
    runs.push_back(run);
  }
}

void measure_watches(Runner& runner, std::uint32_t round, std::vector<WatchResults>& results) {
  for (auto& [mode, runs] : results) {
    const WatchRun run = run_watch(runner, mode, round);
    fmt::print(stderr, "round {}  watch, {}: p50 {:.3f} ms, p99 {:.3f} ms  {}\n", round, mode.name, run.p50_ms,
               run.p99_ms, marks_of(run.quiet));
    runs.push_back(run);
  }
}

Results measure(const Options& options) {
  Runner runner(options);
  Results results;
  results.machine = describe_machine(runner.folder());
  results.seconds = options.seconds;
  for (const auto& workload : kWriteWorkloads) {
    if (is_wanted(options, workload.name)) results.writes.push_back({.workload = workload, .runs = {}});
  }
  for (const auto& mode : kReadModes) {
    if (is_wanted(options, kReads)) results.reads.push_back({.mode = mode, .runs = {}});
  }
  for (const auto& mode : kWatchModes) {
    if (is_wanted(options, kWatch)) results.watches.push_back({.mode = mode, .runs = {}});
  }
  for (std::uint32_t round = 1; round <= options.rounds; ++round) {
    results.sync_us.push_back(sync_us(runner.folder()));
    measure_writes(runner, round, results.writes);
    measure_reads(runner, round, results.reads);
    measure_watches(runner, round, results.watches);
  }
  results.problems = runner.problems();
  return results;
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) throw std::runtime_error(fmt::format("{} could not be written", path.string()));
}

void end_in_order_when_interrupted() {
  struct sigaction action{};
  action.sa_handler = [](int) { interrupt(); };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int compare(const Options& options) {
  end_in_order_when_interrupted();
  const Results results = measure(options);
  const std::string markdown = markdown_of(results);
  fmt::print("{}", markdown);
  if (!options.markdown.empty()) write_file(options.markdown, markdown);
  if (!options.json.empty()) write_file(options.json, json_of(results) + "\n");
  return results.problems.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "--worker") {
    work(std::stoi(argv[2]), static_cast<std::uint32_t>(std::stoul(argv[3])));
    return EXIT_SUCCESS;
  }
  Options options;
  const char* quick = std::getenv("QUICK");
  if (quick != nullptr && std::string_view(quick) == "1") options.seconds = 2;

  CLI::App app(
      "Measures the store against SQLite as one uses it without Penny. Exit code 0: it ran, and nothing was lost.");
  app.footer("Example: penny_bench --workload 64-threads --workload watch --rounds 3");
  app.add_option("--workload", options.workloads, "What to measure; all if absent")
      ->check(CLI::IsMember(workload_names()));
  app.add_option("--seconds", options.seconds, "Length of one run (2 with QUICK=1 in the environment)")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 3600.0));
  app.add_option("--rounds", options.rounds, "How often each is measured")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--store-dir", options.store_dir, "Where the stores are made, on the disk to measure")
      ->capture_default_str();
  app.add_option("--json", options.json, "File for every run's figures");
  app.add_option("--markdown", options.markdown, "File for the tables");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    constexpr int kWrongUse = 2;
    return app.exit(error) == 0 ? EXIT_SUCCESS : kWrongUse;
  }
  return compare(options);
}

}  // namespace
}  // namespace penny::bench

int main(int argc, char** argv) {
  try {
    return penny::bench::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "penny_bench: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
