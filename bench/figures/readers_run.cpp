// How long the write-ahead log becomes while fifty read at every moment and sixty-four write as fast as they can; when one reader
// is stopped in the middle of a read; and beside readers of another program, which hear of no request.

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "bench/figures/child.hpp"
#include "bench/figures/figures.hpp"
#include "bench/figures/fill.hpp"
#include "bench/figures/interrupt.hpp"
#include "bench/figures/must.hpp"
#include "bench/figures/progress.hpp"
#include "bench/figures/reader_samples.hpp"
#include "bench/figures/writers.hpp"

namespace penny::figures {
namespace {

using std::chrono::seconds;

constexpr seconds kAnswerWithin{60};
constexpr seconds kWarmUp{2};
constexpr std::uint64_t kFilledBytes = 20'000'000;
constexpr std::uint64_t kLogTarget = std::uint64_t{64} << 20;
constexpr double kSmallAgainWithin = 30;

// Writers, and what they met.
enum Phase : std::size_t { kBegin, kReading, kStopped, kGoneOn };

// What was seen of the reader that was stopped.
struct Stopped {
  Samples samples;
  double named_after = -1;  // seconds until `diagnose` named its process; negative: never
  std::string warning;
};

struct GoneOn {
  Samples samples;
  double begun_anew_after = -1;  // seconds until the log was begun anew; negative: not in time
  std::uint64_t log_bytes = 0;   // of its file then
};

struct Reads {
  std::uint64_t reads = 0;
  std::uint64_t early = 0;
  std::uint64_t refused = 0;
};

struct Run {
  Samples reading;
  Reads counted;
  std::optional<Stopped> stopped;
  std::optional<GoneOn> gone_on;
  std::vector<Writers::Phase> phases;
};

// What tells of the process.
std::string warning_of(const Store& store, pid_t pid) {
  const Diagnosis diagnosis = must(store.diagnose(), "diagnosing");
  const std::string name = fmt::format("process {} ", pid);
  for (const std::string& warning : diagnosis.warnings) {
    if (warning.find(name) != std::string::npos) return warning;
  }
  return {};
}

Stopped stop_a_reader(const Store& store, const Sampled& sampled, Child& reader, double duration) {
  Stopped stopped;
  reader.stop();
  double next_look = 0;
  stopped.samples = sample(sampled, duration, [&](double now) {
    if (stopped.named_after >= 0 || now < next_look) return false;
    next_look = now + 0.5;
    stopped.warning = warning_of(store, reader.pid());
    if (!stopped.warning.empty()) stopped.named_after = now;
    return false;
  });
  return stopped;
}

GoneOn let_it_go_on(const Sampled& sampled, Child& reader) {
  GoneOn gone_on;
  const std::uint64_t before = log_begun(sampled.store);
  reader.go_on();
  gone_on.samples = sample({.store = sampled.store, .counts = sampled.counts, .log_bytes_max = UINT64_MAX},
                           kSmallAgainWithin, [&](double now) {
                             if (log_begun(sampled.store) == before) return false;
                             gone_on.begun_anew_after = now;
                             return true;
                           });
  gone_on.log_bytes = size_of(sampled.store + "-wal");
  return gone_on;
}

std::vector<std::unique_ptr<Child>> start_readers(const ReadersOptions& options, const std::string& store,
                                                  const std::string& counters, bool is_foreign) {
  std::vector<std::unique_ptr<Child>> children;
  for (std::uint32_t process = 0; process < options.processes; ++process) {
    // The first processes take what does not divide evenly.
    const std::uint32_t threads =
        options.readers / options.processes + (process < options.readers % options.processes ? 1 : 0);
    children.push_back(std::make_unique<Child>(std::vector<std::string>{
        "hold", store, counters, std::to_string(threads), std::to_string(options.read_ms),
        std::to_string(options.rest_ms), std::to_string(process), is_foreign ? "foreign" : "own"}));
    (void)children.back()->answer(kAnswerWithin);
  }
  return children;
}

Run run(const ReadersOptions& options, const WorkFolder& folder, bool is_foreign) {
  const std::filesystem::path place = folder.fresh("readers");
  const std::string path = (place / kStoreName).string();
  const std::string counters_path = (place / "counters").string();
  Run run;
  {
    Store store = must(Store::open(path), "opening the store");
    (void)fill(store, path, {.bytes = kFilledBytes});
    const Counters counters(counters_path);
    const Sampled sampled{.store = path, .counts = counters.counts(), .log_bytes_max = options.log_bytes_max};
    const auto children = start_readers(options, path, counters_path, is_foreign);
    std::optional<Child> stopped_one;
    if (!is_foreign) {
      stopped_one.emplace(std::vector<std::string>{"hold-one", path});
      (void)stopped_one->answer(kAnswerWithin);
    }
    Writers writers(store, {.threads = options.writers, .seed = 3});
    pause(kWarmUp);
    writers.begin_phase(kReading);
    run.reading = sample(sampled, is_foreign ? options.foreign_seconds : options.seconds);
    run.counted = {
        .reads = counters.counts().reads, .early = counters.counts().early, .refused = counters.counts().refused};
    say("readers: log of {} MB at most, {} reads, {} ended early",
        megabytes(static_cast<double>(run.reading.log_bytes_max)), run.counted.reads, run.counted.early);
    if (stopped_one) {
      (void)stopped_one->ask("begin", kAnswerWithin);
      writers.begin_phase(kStopped);
      run.stopped = stop_a_reader(store, sampled, *stopped_one, options.stopped_seconds);
      say("readers: log of {} MB with one reader stopped",
          megabytes(static_cast<double>(run.stopped->samples.log_bytes_max)));
      writers.begin_phase(kGoneOn);
      run.gone_on = let_it_go_on(sampled, *stopped_one);
    }
    writers.stop();
    for (const std::size_t phase : {kBegin, kReading, kStopped, kGoneOn}) run.phases.push_back(writers.phase(phase));
    for (const auto& child : children) child->finish(kAnswerWithin);
  }
  folder.remove("readers");
  return run;
}

std::string percent(double share) { return bench::format_number(100 * share) + " %"; }

bench::Table log_table(const Run& own, const std::optional<Run>& foreign) {
  bench::Table table{.title = "The write-ahead log",
                     .header = {"readers", "seconds", "longest MB", "target", "met", "reads open, mean",
                                "10 or more open", "held back counted in", "reads", "ended early", "not begun"},
                     .rows = {}};
  const auto add = [&](const char* name, const Samples& samples, bool is_judged, const Reads* counted) {
    const auto count = [&](std::uint64_t Reads::* member) {
      return counted == nullptr ? std::string() : bench::format_number(static_cast<double>(counted->*member));
    };
    table.rows.push_back({name, bench::format_number(samples.seconds),
                          megabytes(static_cast<double>(samples.log_bytes_max)), is_judged ? "<= 67.1 (64 MiB)" : "",
                          is_judged ? yes_or_no(samples.log_bytes_max <= kLogTarget) : "",
                          bench::format_number(samples.open_mean()), percent(samples.share(samples.enough_open)),
                          percent(samples.share(samples.enough_there)), count(&Reads::reads), count(&Reads::early),
                          count(&Reads::refused)});
  };
  add("of the store", own.reading, true, &own.counted);
  if (own.stopped) add("and one that is stopped", own.stopped->samples, false, nullptr);
  if (own.gone_on) add("until the log begins anew", own.gone_on->samples, false, nullptr);
  if (foreign) add("of another program", foreign->reading, false, &foreign->counted);
  return table;
}

bench::Table writers_table(const ReadersOptions& options, const Run& own, const std::optional<Run>& foreign) {
  bench::Table table{.title = fmt::format("What {} writers meet meanwhile", options.writers),
                     .header = {"readers", "stored", "refused", "p50 ms", "p99 ms", "worst ms"},
                     .rows = {}};
  const auto add = [&](const char* name, const Writers::Phase& phase) {
    table.rows.push_back(row({name, bench::format_number(static_cast<double>(phase.stored)),
                              bench::format_number(static_cast<double>(phase.refused))},
                             cells_of(phase.waits)));
  };
  add("of the store", own.phases[kReading]);
  if (own.stopped) add("and one that is stopped", own.phases[kStopped]);
  if (own.gone_on) add("until the log begins anew", own.phases[kGoneOn]);
  if (foreign) add("of another program", foreign->phases[kReading]);
  return table;
}

std::vector<std::string> notes_of(const ReadersOptions& options, const Run& own) {
  std::vector<std::string> notes{fmt::format(
      "{} readers in {} processes, each read holds its snapshot for {} ms, {} ms at most between two; {} threads "
      "write as fast as they can. The log's file was looked at every 50 ms.",
      options.readers, options.processes, options.read_ms, options.rest_ms, options.writers)};
  if (own.stopped) {
    notes.push_back(own.stopped->named_after < 0
                        ? "`doctor` did not name the stopped reader."
                        : fmt::format("`doctor` named the stopped reader after {:.1f} s: \"{}\".",
                                      own.stopped->named_after, own.stopped->warning));
    if (own.stopped->samples.is_log_too_long)
      notes.push_back(fmt::format("With the stopped reader the measurement was ended after {:.1f} s, at {} MB of log.",
                                  own.stopped->samples.seconds,
                                  megabytes(static_cast<double>(own.stopped->samples.log_bytes_max))));
    for (const auto& [text, count] : own.phases[kStopped].refusals)
      notes.push_back(fmt::format("{} writes were refused then: \"{}\".", count, text));
  }
  if (own.gone_on) {
    notes.push_back(
        own.gone_on->begun_anew_after < 0
            ? fmt::format("The log was not begun anew within {} s after it went on.", kSmallAgainWithin)
            : fmt::format("The log was begun anew {:.2f} s after it went on; its file, which SQLite writes from the "
                          "start then, had {} MB.",
                          own.gone_on->begun_anew_after, megabytes(static_cast<double>(own.gone_on->log_bytes))));
  }
  return notes;
}

boost::json::object json_of(const Samples& samples) {
  return {{"seconds", samples.seconds},
          {"log_bytes_max", samples.log_bytes_max},
          {"open_mean", samples.open_mean()},
          {"share_with_10_open", samples.share(samples.enough_open)},
          {"share_with_10_open_or_held_back", samples.share(samples.enough_there)},
          {"was_log_too_long", samples.is_log_too_long}};
}

boost::json::object json_of(const Writers::Phase& phase) {
  boost::json::object refusals;
  for (const auto& [text, count] : phase.refusals) refusals[text] = count;
  return {{"stored", phase.stored}, {"waits", json_of(phase.waits)}, {"refusals", std::move(refusals)}};
}

boost::json::object json_of(const Run& run) {
  boost::json::object json{{"log", json_of(run.reading)},
                           {"reads", run.counted.reads},
                           {"ended_early", run.counted.early},
                           {"not_begun", run.counted.refused},
                           {"writers", json_of(run.phases[kReading])}};
  if (run.stopped) {
    json["stopped"] = {{"log", json_of(run.stopped->samples)},
                       {"named_after_seconds", run.stopped->named_after},
                       {"warning", run.stopped->warning},
                       {"writers", json_of(run.phases[kStopped])}};
  }
  if (run.gone_on) {
    json["gone_on"] = {{"begun_anew_after_seconds", run.gone_on->begun_anew_after},
                       {"log_bytes", run.gone_on->log_bytes},
                       {"writers", json_of(run.phases[kGoneOn])}};
  }
  return json;
}

}  // namespace

Section measure_readers(const ReadersOptions& options, const WorkFolder& folder) {
  constexpr std::uint64_t kBytesPerSecond = 30'000'000;  // what 64 threads add to the database
  const double all_seconds = options.seconds + options.stopped_seconds + kSmallAgainWithin;
  folder.expect_space(options.log_bytes_max + static_cast<std::uint64_t>(all_seconds) * kBytesPerSecond);
  Section section{.name = "readers"};
  const Run own = run(options, folder, false);
  std::optional<Run> foreign;
  if (options.foreign_seconds > 0) foreign = run(options, folder, true);
  section.notes = notes_of(options, own);
  section.tables = {log_table(own, foreign), writers_table(options, own, foreign)};
  section.json = {{"own", json_of(own)}};
  if (foreign) section.json["foreign"] = json_of(*foreign);
  return section;
}

}  // namespace penny::figures
