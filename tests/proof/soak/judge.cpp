#include "proof/soak/judge.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/core.h>

namespace penny::proof::soak {
namespace {

// The load of the first third goes flat out and fills what may be filled: SQLite's page caches (which SQLite empties whenever
// another process has committed, so they stay small here), the heads of all users' chains, the allocator's arenas. The other
// two thirds have one load, so nothing has a reason to grow from the middle one to the last, but for what an arena keeps
// before it gives memory back, 128 KB for each of the nine threads. With each operation of all processes 4 bytes are
// allowed, 16 for each of a process's own: the smallest allocation that could be lost.
constexpr double kMemoryAllowanceMb = 1.5;
constexpr double kMemoryAllowancePerOperation = 4.0 / (1 << 20);
// A connection has two, and a read may be under way when it is counted.
constexpr double kDescriptorAllowance = 4;
// The committer's thread comes with the first request that has to wait, and the opening process does not always have one.
constexpr double kThreadAllowance = 1;
constexpr double kWalMostMb = 64;
// Of the median of the worst waits; what else the machine does makes a few milliseconds.
constexpr double kDriftMost = 1.5;
constexpr double kDriftAllowanceMs = 10;

std::string name_of(std::size_t process) {
  return process == 0 ? "the opening process" : fmt::format("writing process {}", process);
}

using Get = std::function<double(const Footprint&)>;
std::vector<double> values_of_process(const std::vector<Sample>& samples, std::size_t process, const Get& get) {
  return values_of(samples, [&](const Sample& sample) { return get(sample.processes[process]); });
}

double most(const std::vector<double>& values) { return values.empty() ? 0 : *std::ranges::max_element(values); }

// Least squares over the last two thirds, in units per hour.
double slope_per_hour(const std::vector<Sample>& samples, const std::vector<double>& values) {
  const std::size_t begin = samples.size() / 3;
  const double count = static_cast<double>(samples.size() - begin);
  double sum_x = 0;
  double sum_y = 0;
  for (std::size_t i = begin; i < samples.size(); ++i) {
    sum_x += samples[i].seconds;
    sum_y += values[i];
  }
  double above = 0;
  double below = 0;
  for (std::size_t i = begin; i < samples.size(); ++i) {
    const double x = samples[i].seconds - sum_x / count;
    above += x * (values[i] - sum_y / count);
    below += x * x;
  }
  return below > 0 ? above / below * 3600 : 0;
}

std::string thirds(const std::vector<double>& values, const char* unit) {
  return fmt::format("{:.1f}, {:.1f}, {:.1f} {}", median(third_of(values, 0)), median(third_of(values, 1)),
                     median(third_of(values, 2)), unit);
}

// Acknowledged from the middle of the middle third to the middle of the last.
double operations_between_medians(const std::vector<Sample>& samples) {
  const std::size_t from = samples.size() / 2;
  const std::size_t to = samples.size() * 5 / 6;
  return static_cast<double>(samples[to].operations - samples[from].operations);
}

void judge_processes(const std::vector<Sample>& samples, Report& report) {
  const double operations = operations_between_medians(samples);
  for (std::size_t process = 0; process < samples.front().processes.size(); ++process) {
    const auto memory = values_of_process(samples, process, &Footprint::anonymous_mb);
    const auto descriptors = values_of_process(samples, process, &Footprint::descriptors);
    const auto threads = values_of_process(samples, process, &Footprint::threads);
    const double grown = median(third_of(memory, 2)) - median(third_of(memory, 1));
    const double allowed = kMemoryAllowanceMb + kMemoryAllowancePerOperation * operations;
    report.figure(
        name_of(process),
        fmt::format("anonymous memory of the thirds {}, slope of the last two {:+.2f} MB per hour; resident {:.0f} "
                    "MB, proportional {:.0f} MB; at most {:.0f} descriptors, {:.0f} threads",
                    thirds(memory, "MB"), slope_per_hour(samples, memory),
                    samples.back().processes[process].resident_mb, samples.back().processes[process].proportional_mb,
                    most(descriptors), most(threads)));
    report.check("The memory of every process is flat after the first third", grown <= allowed,
                 fmt::format("{} grew by {:.2f} MB from the middle third to the last; {:.2f} are allowed after {:.0f} "
                             "operations",
                             name_of(process), grown, allowed, operations));
    struct Counted {
      const char* what;
      const std::vector<double>& values;
      double allowance;
    };
    for (const Counted& counted :
         {Counted{"descriptors", descriptors, kDescriptorAllowance}, Counted{"threads", threads, kThreadAllowance}}) {
      const double before = most(third_of(counted.values, 1));
      const double after = most(third_of(counted.values, 2));
      report.check("No process has more descriptors or threads in the last third than in the middle one",
                   after <= before + counted.allowance,
                   fmt::format("{} had at most {:.0f} {} in the middle third and {:.0f} in the last", name_of(process),
                               before, counted.what, after));
    }
  }
}

void judge_waits(const std::vector<Sample>& samples, Report& report) {
  const auto worst = values_of(samples, [](const Sample& s) { return s.worst_ms; });
  const auto p99 = values_of(samples, [](const Sample& s) { return s.p99_ms; });
  report.figure("worst wait in an interval, median of the thirds", thirds(worst, "ms"));
  report.figure("worst wait of all", fmt::format("{:.0f} ms", most(worst)));
  report.figure("p99 of an interval, median of the thirds", thirds(p99, "ms"));
  const double before = median(third_of(worst, 1));
  const double after = median(third_of(worst, 2));
  report.check("The worst wait of a writer does not drift", after <= before * kDriftMost + kDriftAllowanceMs,
               fmt::format("its median is {:.1f} ms in the middle third and {:.1f} ms in the last", before, after));
}

void judge_files(const std::vector<Sample>& samples, Report& report) {
  const auto wal = values_of(samples, [](const Sample& s) { return s.wal_mb; });
  report.figure("-wal", fmt::format("at most {:.1f} MB", most(wal)));
  const auto highest = std::ranges::max_element(samples, {}, &Sample::wal_mb);
  report.check("The -wal is never larger than 64 MB", highest->wal_mb <= kWalMostMb,
               fmt::format("it has {:.1f} MB after {:.0f} s, {}", highest->wal_mb, highest->seconds,
                           highest->is_flat_out ? "flat out" : "at the bounded rate"));
  const auto growth = [&](std::size_t from, std::size_t to) {
    const double operations = static_cast<double>(samples[to].operations - samples[from].operations);
    return operations > 0 ? (samples[to].database_mb - samples[from].database_mb) * (1 << 20) / operations : 0;
  };
  report.figure("database", fmt::format("{:.1f} MB at the end, {:.0f} bytes per operation in the last two thirds",
                                        samples.back().database_mb, growth(samples.size() / 3, samples.size() - 1)));
  // The file grows when the log is copied, some 1,000 frames at a time.
  constexpr double kCopiedAtOnceMb = 4;
  const double middle = samples[samples.size() * 2 / 3].database_mb - samples[samples.size() / 3].database_mb;
  const double last = samples.back().database_mb - samples[samples.size() * 2 / 3].database_mb;
  const auto done = [&](std::size_t from, std::size_t to) {
    return static_cast<double>(samples[to].operations - samples[from].operations);
  };
  const double expected =
      done(samples.size() / 3, samples.size() * 2 / 3) > 0
          ? middle * done(samples.size() * 2 / 3, samples.size() - 1) / done(samples.size() / 3, samples.size() * 2 / 3)
          : 0;
  report.check("The database grows by the same for each operation in the last third as in the middle one",
               last <= expected * kDriftMost + kCopiedAtOnceMb,
               fmt::format("it grew by {:.1f} MB; {:.1f} MB were expected", last, expected));
}

}  // namespace

void judge(const std::vector<Sample>& samples, const End& end, Report& report) {
  report.figure("duration", fmt::format("{:.0f} s, {} samples", samples.back().seconds, samples.size()));
  report.figure("operations acknowledged", with_thousands_apart(end.acknowledged));
  report.figure("operations in a second, median of the thirds",
                thirds(values_of(samples, [](const Sample& s) { return s.operations_per_second; }), "per second"));
  judge_waits(samples, report);
  judge_files(samples, report);
  judge_processes(samples, report);
  report.figure("verify at the end", fmt::format("{:.1f} s", end.verify_seconds));

  const auto idle = std::ranges::find_if(samples, [](const Sample& s) { return s.operations_per_second <= 0; });
  report.check(
      "Writers come through in every interval", idle == samples.end(),
      idle == samples.end() ? "" : fmt::format("none did in the one that ended after {:.1f} s", idle->seconds));
  report.check("No caller sees a busy error, or any other", end.errors == 0,
               fmt::format("{} errors, the first: {}", end.errors, end.first_error));
  report.check("What was acknowledged is there, once, and nothing else", end.stored == end.acknowledged,
               fmt::format("{} operations were acknowledged, {} are stored", end.acknowledged, end.stored));
  report.check("verify finds nothing at the end", end.problems.empty(),
               end.problems.empty() ? "" : end.problems.front());
  report.check("Every watcher saw each change of its user once and in order", end.watches.empty(),
               end.watches.empty() ? "" : end.watches.front());
}

}  // namespace penny::proof::soak
