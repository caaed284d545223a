// Opening a store after its processes were killed, with a long write-ahead log of which little had been copied yet.
//
// A reader that is stopped in the middle of a read keeps the log from being copied and begun anew, so that it grows; when it is as
// long as wanted, writer and reader are killed. Each opening is of a copy of the files as they then are.

#include <chrono>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "bench/figures/child.hpp"
#include "bench/figures/figures.hpp"
#include "bench/figures/fill.hpp"
#include "bench/figures/interrupt.hpp"
#include "bench/figures/must.hpp"
#include "bench/figures/progress.hpp"
#include "bench/figures/waits.hpp"
#include "bench/statistics.hpp"

namespace penny::figures {
namespace {

using std::chrono::seconds;

constexpr seconds kAnswerWithin{60};
constexpr seconds kGrownWithin{300};
constexpr std::uint64_t kFilledBytes = 20'000'000;
constexpr std::uint32_t kWriters = 16;
constexpr double kTargetP99Ms = 100;

struct Taken {
  bench::Histogram open;
  bench::Histogram read;
  bench::Histogram commit;
  bench::Histogram all;

  void add(const boost::json::object& answer) {
    constexpr double kNsPerMs = 1e6;
    const auto ns = [&](const char* name) {
      return static_cast<std::uint64_t>(answer.at(name).to_number<double>() * kNsPerMs);
    };
    open.record(ns("open_ms"));
    read.record(ns("read_ms"));
    commit.record(ns("commit_ms"));
    all.record(ns("open_ms") + ns("read_ms") + ns("commit_ms"));
  }
};

// The files as a kill left them, in the folder "killed".
std::filesystem::path make_killed(const RecoveryOptions& options, const WorkFolder& folder) {
  const std::filesystem::path killed = folder.fresh("killed");
  const std::string path = (killed / kStoreName).string();
  {
    Store store = must(Store::open(path), "opening the store");
    (void)fill(store, path, {.bytes = kFilledBytes});
  }
  Child reader({"hold-one", path});
  (void)reader.answer(kAnswerWithin);
  (void)reader.ask("begin", kAnswerWithin);
  reader.stop();
  Child writer({"write", path, std::to_string(kWriters)});
  (void)writer.answer(kAnswerWithin);
  const auto deadline = std::chrono::steady_clock::now() + kGrownWithin;
  while (size_of(path + "-wal") < options.log_bytes) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("the write-ahead log does not grow although a reader is stopped");
    pause(std::chrono::milliseconds(1));
  }
  writer.kill();
  reader.kill();
  return killed;
}

}  // namespace

Section measure_recovery(const RecoveryOptions& options, const WorkFolder& folder) {
  folder.expect_space(4 * (options.log_bytes + kFilledBytes));
  const std::filesystem::path killed = make_killed(options, folder);
  const std::uint64_t log_bytes = size_of((killed / kStoreName).string() + "-wal");
  say("recovery: killed with a log of {} MB", megabytes(static_cast<double>(log_bytes)));

  Section section{.name = "recovery"};
  Taken taken;
  Progress progress("recovery: opened");
  for (std::uint32_t time = 0; time < options.times; ++time) {
    const std::filesystem::path copy = folder.fresh("recovery");
    copy_files(killed, copy);
    const std::string path = (copy / kStoreName).string();
    Child child({"open", path, "written"});
    taken.add(child.answer(kAnswerWithin));
    child.finish(kAnswerWithin);
    progress.show(time, options.times);
    if (time + 1 < options.times) continue;
    Child verifier({"verify", path});
    const auto verified = verifier.answer(kGrownWithin);
    verifier.finish(kAnswerWithin);
    const std::string problem(verified.at("problem").as_string());
    if (!problem.empty()) section.problems.push_back(problem);
  }
  folder.remove("recovery");
  folder.remove("killed");

  const Waits all = waits_of(taken.all);
  section.notes.push_back(fmt::format(
      "{} times: all processes killed with a write-ahead log of {} MB, of which at most what was there when the "
      "reader began had been copied, then opened by a fresh process. Target: p99 of all three together under {} ms.",
      options.times, megabytes(static_cast<double>(log_bytes)), kTargetP99Ms));
  bench::Table table{.title = "The first process after a kill",
                     .header = {"until", "p50 ms", "p99 ms", "worst ms", "target met"},
                     .rows = {}};
  table.rows.push_back(row(row({"it is open"}, cells_of(waits_of(taken.open))), {""}));
  table.rows.push_back(row(row({"then the first read is answered"}, cells_of(waits_of(taken.read))), {""}));
  table.rows.push_back(row(row({"then the first commit is answered"}, cells_of(waits_of(taken.commit))), {""}));
  table.rows.push_back(row(row({"all together"}, cells_of(all)), {yes_or_no(all.p99_ms < kTargetP99Ms)}));
  section.tables = {table};
  section.json = {{"log_bytes", log_bytes},
                  {"open", json_of(waits_of(taken.open))},
                  {"read", json_of(waits_of(taken.read))},
                  {"commit", json_of(waits_of(taken.commit))},
                  {"all", json_of(all)},
                  {"target_p99_ms", kTargetP99Ms}};
  return section;
}

}  // namespace penny::figures
