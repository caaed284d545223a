#include "proof/soak/soak.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include "proof/soak/judge.hpp"
#include "proof/soak/latencies.hpp"
#include "proof/soak/plot.hpp"
#include "proof/soak/series.hpp"
#include "support/child_process.hpp"
#include "support/stores.hpp"

namespace penny::proof::soak {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using test::ChildProcess;

constexpr unsigned kWritingProcesses = 4;
constexpr double kWritersPerProcess = 4;
constexpr double kRateMost = 40;  // of one writer, in a second
// In a long soak the store should stay of a size that verify reads in minutes.
constexpr double kBoundedOperationsMost = 500'000;
constexpr double kFlatOutMostSeconds = 60;
constexpr double kMegabyte = 1 << 20;

double megabytes_of(const std::string& path) {
  std::error_code ignored;
  const auto bytes = fs::file_size(path, ignored);
  return ignored ? 0 : static_cast<double>(bytes) / kMegabyte;
}

class Soak {
 public:
  Soak(const std::string& folder, double seconds)
      : path_(folder + "/memory.db"), seconds_(seconds), flat_out_until_(std::min(seconds / 6, kFlatOutMostSeconds)) {
    const double rate = std::min(kRateMost, kBoundedOperationsMost / seconds / kWritingProcesses / kWritersPerProcess);
    const std::string program = fs::read_symlink("/proc/self/exe").string();
    (void)test::must(Store::open(path_));
    for (unsigned number = 0; number <= kWritingProcesses; ++number) {
      processes_.push_back(std::make_unique<ChildProcess>(std::vector<std::string>{
          program, "--worker", "soak", path_, std::to_string(number), fmt::format("{:.3f}", rate)}));
    }
  }

  void run() {
    const double interval = seconds_ >= 30 ? 1 : 0.25;
    const auto rounds = std::max<std::uint64_t>(12, static_cast<std::uint64_t>(seconds_ / interval));
    Progress progress("samples", rounds);
    order_all("flat-out");
    bool is_flat_out = true;
    began_ = Clock::now();
    last_ = began_;
    for (std::uint64_t round = 1; round <= rounds; ++round) {
      std::this_thread::sleep_until(began_ + std::chrono::duration_cast<Clock::duration>(
                                                 std::chrono::duration<double>(interval * static_cast<double>(round))));
      take_sample(is_flat_out);
      if (is_flat_out && samples_.back().seconds >= flat_out_until_) {
        order_all("bounded");
        is_flat_out = false;
      }
      progress.at(round);
    }
  }

  End stop() {
    End end;
    for (const auto& process : processes_) process->send("stop");
    for (const auto& process : processes_) {
      std::istringstream line(process->line());
      std::string word;
      std::uint64_t acknowledged = 0;
      std::uint64_t errors = 0;
      line >> word >> acknowledged >> errors;
      if (word != "stopped") throw std::runtime_error("unexpected: " + line.str());
      end.acknowledged += acknowledged;
      end.errors += errors;
      if (errors > 0 && end.first_error.empty()) std::getline(line >> std::ws, end.first_error);
    }
    const Store store = test::must(Store::open(path_));
    for (const auto& process : processes_) {
      if (process != processes_.front()) check_watch(*process, store, end);
    }
    const auto began = Clock::now();
    const auto report = store.verify();
    end.verify_seconds = std::chrono::duration<double>(Clock::now() - began).count();
    if (report) {
      end.problems = report->problems;
      end.stored = report->operations;
    } else {
      end.problems.push_back(report.error().message);
    }
    return end;
  }

  [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }
  [[nodiscard]] double flat_out_until() const { return flat_out_until_; }

 private:
  void order_all(const std::string& order) {
    for (const auto& process : processes_) {
      if (process->ask(order) != "ok") throw std::runtime_error("a process of the load did not obey: " + order);
    }
  }

  void take_sample(bool is_flat_out) {
    Latencies latencies;
    Sample sample{.is_flat_out = is_flat_out};
    for (const auto& process : processes_) process->send("sample");
    for (const auto& process : processes_) {
      std::istringstream line(process->line());
      std::string word;
      std::uint64_t errors = 0;
      line >> word >> errors;
      if (word != "sample") throw std::runtime_error("unexpected: " + line.str());
      latencies.add(Latencies::from(line));
    }
    const Clock::time_point now = Clock::now();
    for (const auto& process : processes_) sample.processes.push_back(footprint_of(process->pid()));
    operations_ += latencies.count();
    sample.seconds = std::chrono::duration<double>(now - began_).count();
    sample.operations_per_second =
        static_cast<double>(latencies.count()) / std::chrono::duration<double>(now - last_).count();
    sample.worst_ms = latencies.worst_ms();
    sample.p99_ms = latencies.quantile_ms(0.99);
    sample.wal_mb = megabytes_of(path_ + "-wal");
    sample.database_mb = megabytes_of(path_);
    sample.operations = operations_;
    last_ = now;
    samples_.push_back(std::move(sample));
  }

  static void check_watch(ChildProcess& process, const Store& store, End& end) {
    const auto words = test::words(process.ask("seen"));
    const std::string& user = words.at(1);
    const std::uint64_t stored = test::must(store.user_statistics(user)).rev;
    if (std::stoull(words.at(2)) != stored || words.at(3) != "0") {
      end.watches.push_back(fmt::format("the watcher of {} came to rev {} of {}, {} times out of order", user,
                                        words.at(2), stored, words.at(3)));
    }
  }

  const std::string path_;
  const double seconds_;
  const double flat_out_until_;
  std::vector<std::unique_ptr<ChildProcess>> processes_;
  std::vector<Sample> samples_;
  Clock::time_point began_;
  Clock::time_point last_;
  std::uint64_t operations_ = 0;
};

Plot plot_of(const std::vector<Sample>& samples, double flat_out_until) {
  const auto all = [&](auto get) { return values_of(samples, get); };
  const auto by_process = [&](auto get) {
    std::vector<Line> lines;
    for (std::size_t i = 0; i < samples.front().processes.size(); ++i) {
      lines.push_back({.name = i == 0 ? "opener" : fmt::format("writer {}", i),
                       .values = all([&](const Sample& s) { return get(s.processes[i]); })});
    }
    return lines;
  };
  const auto waits = [&] {
    return std::vector<Line>{{.name = "worst", .values = all([](const Sample& s) { return s.worst_ms; })},
                             {.name = "p99", .values = all([](const Sample& s) { return s.p99_ms; })}};
  };
  return {.title = "Soak: 4 processes write, read and watch one store, a fifth opens and closes it",
          .seconds = all([](const Sample& s) { return s.seconds; }),
          .panels = {{.title = "Anonymous memory of each process",
                      .unit = "MB",
                      .lines = by_process([](const Footprint& f) { return f.anonymous_mb; })},
                     {.title = "Resident memory, shared pages divided",
                      .unit = "MB",
                      .lines = by_process([](const Footprint& f) { return f.proportional_mb; })},
                     {.title = "Descriptors of each process",
                      .unit = "number",
                      .lines = by_process([](const Footprint& f) { return f.descriptors; })},
                     {.title = "Threads of each process", .unit = "number", .lines = by_process([](const Footprint& f) {
                                                                              return f.threads;
                                                                            })},
                     {.title = "Wait of a writer in each interval", .unit = "ms", .lines = waits()},
                     {.title = "-wal",
                      .unit = "MB",
                      .lines = {{.name = "size", .values = all([](const Sample& s) { return s.wal_mb; })}},
                      .limit = 64},
                     {.title = "Operations",
                      .unit = "per second",
                      .lines = {{.name = "acknowledged",
                                 .values = all([](const Sample& s) { return s.operations_per_second; })}}},
                     {.title = "Database", .unit = "MB", .lines = {{.name = "size", .values = all([](const Sample& s) {
                                                                                      return s.database_mb;
                                                                                    })}}}},
          .shaded_until = flat_out_until,
          .shaded_name = "writers and readers go as fast as they can"};
}

}  // namespace

void run(const Order& order, Report& report) {
  Soak soak(order.folder, static_cast<double>(order.amount_or(5, 45, 1800)));
  soak.run();
  const End end = soak.stop();
  const fs::path beside = fs::read_symlink("/proc/self/exe").parent_path();
  for (const auto& [name, text] : {std::pair("soak.csv", as_csv(soak.samples())),
                                   std::pair("soak.svg", as_svg(plot_of(soak.samples(), soak.flat_out_until())))}) {
    test::write_file((beside / name).string(), text);
    report.figure(name, (beside / name).string());
  }
  judge(soak.samples(), end, report);
}

}  // namespace penny::proof::soak
