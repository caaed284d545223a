#include "bench/report.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include <fmt/core.h>

#include "bench/statistics.hpp"
#include "bench/table.hpp"

namespace penny::bench {
namespace {

template <class Run, class Value>
std::vector<double> column(const std::vector<Run>& runs, Value Run::* member) {
  std::vector<double> values;
  for (const Run& run : runs) values.push_back(static_cast<double>(run.*member));
  return values;
}

template <class Run, class Value>
std::string summary_of(const std::vector<Run>& runs, Value Run::* member) {
  return format_summary(summarize(column(runs, member)));
}

template <class Run>
std::size_t disturbed(const std::vector<Run>& runs) {
  return static_cast<std::size_t>(std::ranges::count_if(runs, [](const Run& run) { return run.quiet.is_disturbed(); }));
}

std::string yes_or_no(bool is_met) { return is_met ? "yes" : "no"; }

struct Ratios {
  Summary to_plain;
  Summary to_same;

  [[nodiscard]] bool reach(double target) const { return to_plain.median >= target && to_same.median >= target; }
};

Ratios rate_ratios(const WriteResults& results) {
  const auto rates = [&](Contender contender) { return column(results.of(contender), &WriteRun::rate); };
  return {.to_plain = summarize_ratios(rates(Contender::kPenny), rates(Contender::kPlain)),
          .to_same = summarize_ratios(rates(Contender::kPenny), rates(Contender::kSame))};
}

// How many times longer the rivals' writers wait.
Ratios waiting_ratios(const WriteResults& results) {
  const auto waits = [&](Contender contender) {
    return column(results.of(contender), &WriteRun::median_worst_wait_ms);
  };
  return {.to_plain = summarize_ratios(waits(Contender::kPlain), waits(Contender::kPenny)),
          .to_same = summarize_ratios(waits(Contender::kSame), waits(Contender::kPenny))};
}

Table rate_table(const Results& results) {
  Table table{.title = "Acknowledged writes per second",
              .header = {"workload", "plain", "same", "Penny", "Penny / plain", "Penny / same", "target", "met",
                         "disturbed runs"},
              .rows = {}};
  for (const auto& result : results.writes) {
    const Ratios ratios = rate_ratios(result);
    std::size_t disturbed_runs = 0;
    for (const auto& runs : result.runs) disturbed_runs += disturbed(runs);
    table.rows.push_back({std::string(result.workload.name), summary_of(result.of(Contender::kPlain), &WriteRun::rate),
                          summary_of(result.of(Contender::kSame), &WriteRun::rate),
                          summary_of(result.of(Contender::kPenny), &WriteRun::rate), format_ratio(ratios.to_plain),
                          format_ratio(ratios.to_same), fmt::format(">= {} x", result.workload.ratio_target),
                          yes_or_no(ratios.reach(result.workload.ratio_target)), fmt::format("{}", disturbed_runs)});
  }
  return table;
}

Table waiting_table(const Results& results) {
  Table table{
      .title = "Each writer's worst wait in ms, its median over writers; and Penny's worst of all writers and rounds",
      .header = {"workload", "plain", "same", "Penny", "plain / Penny", "same / Penny", "worst of all", "target",
                 "met"},
      .rows = {}};
  for (const auto& result : results.writes) {
    const Ratios ratios = waiting_ratios(result);
    const double worst_ms = std::ranges::max(column(result.of(Contender::kPenny), &WriteRun::worst_wait_ms));
    const bool is_judged = result.workload.is_waiting_judged;
    const bool is_met = ratios.reach(kWaitingRatioTarget) && worst_ms < kWorstWaitTargetMs;
    const auto waits = [&](Contender contender) {
      return summary_of(result.of(contender), &WriteRun::median_worst_wait_ms);
    };
    table.rows.push_back({std::string(result.workload.name), waits(Contender::kPlain), waits(Contender::kSame),
                          waits(Contender::kPenny), format_ratio(ratios.to_plain), format_ratio(ratios.to_same),
                          format_number(worst_ms),
                          is_judged ? fmt::format(">= {} x, < {}", kWaitingRatioTarget, kWorstWaitTargetMs) : "",
                          is_judged ? yes_or_no(is_met) : ""});
  }
  return table;
}

Table distribution_table(const Results& results) {
  Table table{.title = "How long a write takes in ms, and how the writers share",
              .header = {"workload", "contender", "p50", "p99", "worst", "refused", "fewest", "most"},
              .rows = {}};
  for (const auto& result : results.writes) {
    for (const Contender contender : kContenders) {
      const auto& runs = result.of(contender);
      table.rows.push_back({std::string(result.workload.name), std::string(name_of(contender)),
                            summary_of(runs, &WriteRun::p50_ms), summary_of(runs, &WriteRun::p99_ms),
                            summary_of(runs, &WriteRun::worst_wait_ms),
                            format_number(summarize(column(runs, &WriteRun::refused)).max),
                            summary_of(runs, &WriteRun::fewest), summary_of(runs, &WriteRun::most)});
    }
  }
  return table;
}

Table read_table(const Results& results) {
  Table table{
      .title = fmt::format("The last 10 turns of a user, {} turns stored and more", format_number(kPrefilledTurns)),
      .header = {"meanwhile", "p50 us", "p99 us", "worst us", "reads per second", "writes per second",
                 "disturbed runs"},
      .rows = {}};
  for (const auto& [mode, runs] : results.reads) {
    table.rows.push_back({std::string(mode.name), summary_of(runs, &ReadRun::p50_us),
                          summary_of(runs, &ReadRun::p99_us), summary_of(runs, &ReadRun::worst_us),
                          summary_of(runs, &ReadRun::reads_per_second), summary_of(runs, &ReadRun::writes_per_second),
                          fmt::format("{}", disturbed(runs))});
  }
  return table;
}

Table watch_table(const Results& results) {
  Table table{.title = "From a writer's acknowledgement until another process holds the change",
              .header = {"meanwhile", "p50 ms", "p99 ms", "worst ms", "changes", "writes per second", "target p50",
                         "met", "disturbed runs"},
              .rows = {}};
  for (const auto& [mode, runs] : results.watches) {
    const Summary p50_ms = summarize(column(runs, &WatchRun::p50_ms));
    table.rows.push_back({std::string(mode.name), format_summary(p50_ms), summary_of(runs, &WatchRun::p99_ms),
                          summary_of(runs, &WatchRun::worst_ms), summary_of(runs, &WatchRun::changes),
                          summary_of(runs, &WatchRun::writes_per_second), fmt::format("< {} ms", kWatchP50TargetMs),
                          yes_or_no(p50_ms.median < kWatchP50TargetMs), fmt::format("{}", disturbed(runs))});
  }
  return table;
}

boost::json::object quiet_json(const Quiet& quiet) {
  return {{"others_cores", quiet.others_cores}, {"attempts", quiet.attempts}, {"disturbed", quiet.is_disturbed()}};
}

boost::json::object write_json(const WriteRun& run) {
  return {{"quiet", quiet_json(run.quiet)},
          {"rate", run.rate},
          {"stored", run.stored},
          {"refused", run.refused},
          {"unknown", run.unknown},
          {"p50_ms", run.p50_ms},
          {"p99_ms", run.p99_ms},
          {"median_worst_wait_ms", run.median_worst_wait_ms},
          {"worst_wait_ms", run.worst_wait_ms},
          {"fewest", run.fewest},
          {"most", run.most}};
}

boost::json::object read_json(const ReadRun& run) {
  return {{"quiet", quiet_json(run.quiet)},
          {"p50_us", run.p50_us},
          {"p99_us", run.p99_us},
          {"worst_us", run.worst_us},
          {"reads_per_second", run.reads_per_second},
          {"writes_per_second", run.writes_per_second}};
}

boost::json::object watch_json(const WatchRun& run) {
  return {{"quiet", quiet_json(run.quiet)}, {"changes", run.changes},   {"p50_ms", run.p50_ms},
          {"p99_ms", run.p99_ms},           {"worst_ms", run.worst_ms}, {"writes_per_second", run.writes_per_second}};
}

template <class Run>
boost::json::array json_array(const std::vector<Run>& runs, boost::json::object (*json_of_run)(const Run&)) {
  boost::json::array array;
  for (const Run& run : runs) array.emplace_back(json_of_run(run));
  return array;
}

}  // namespace

std::string markdown_of(const Results& results) {
  const Machine& machine = results.machine;
  std::string text = fmt::format(
      "{} x {}, {}, {}; SQLite {} everywhere, synchronous=FULL. {} rounds of {} s a run, contenders interleaved; "
      "medians "
      "and (least..most) over rounds, ratios round by round. Writing 4 KiB and syncing it took {} us.\n\n",
      machine.cores, machine.processor, machine.kernel, machine.file_system, machine.sqlite_version,
      results.sync_us.size(), results.seconds, format_summary(summarize(results.sync_us)));
  if (!results.writes.empty()) {
    for (const Table& table : {rate_table(results), waiting_table(results), distribution_table(results)}) {
      text += to_markdown(table);
    }
  }
  if (!results.reads.empty()) text += to_markdown(read_table(results));
  if (!results.watches.empty()) text += to_markdown(watch_table(results));
  if (results.problems.empty()) return text + "Nothing was lost, doubled or damaged in any run.\n";
  text += "**Lost, doubled or damaged:**\n\n";
  for (const auto& problem : results.problems) text += fmt::format("- {}\n", problem);
  return text;
}

std::string json_of(const Results& results) {
  boost::json::object writes;
  for (const auto& result : results.writes) {
    boost::json::object contenders;
    for (const Contender contender : kContenders) {
      contenders[name_of(contender)] = json_array(result.of(contender), write_json);
    }
    writes[result.workload.name] = std::move(contenders);
  }
  boost::json::object reads;
  for (const auto& [mode, runs] : results.reads) reads[mode.name] = json_array(runs, read_json);
  boost::json::object watches;
  for (const auto& [mode, runs] : results.watches) watches[mode.name] = json_array(runs, watch_json);
  const boost::json::object machine{{"processor", results.machine.processor},
                                    {"cores", results.machine.cores},
                                    {"kernel", results.machine.kernel},
                                    {"file_system", results.machine.file_system},
                                    {"sqlite", results.machine.sqlite_version}};
  return boost::json::serialize(boost::json::object{{"machine", machine},
                                                    {"seconds", results.seconds},
                                                    {"sync_us", boost::json::value_from(results.sync_us)},
                                                    {"writes", std::move(writes)},
                                                    {"reads", std::move(reads)},
                                                    {"watch", std::move(watches)},
                                                    {"problems", boost::json::value_from(results.problems)}});
}

}  // namespace penny::bench
