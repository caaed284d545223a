#include "cli/stress/report.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace penny::cli::stress {
namespace {

// Beyond it a writer was thinking, and the load is not what it claims to be.
constexpr double kIdleMaxMs = 10;
constexpr double kShareOfKillsInsideMin = 0.30;

// What we ask of ourselves; a miss is shown, and is no failure.
constexpr double kJainMin = 0.995;
constexpr double kFewestOfMostMin = 0.9;
constexpr double kWorstWaitMaxMs = 250;

std::string load_row(std::string_view number, const WriterFigures& figures, std::string_view face, bool shows_lives) {
  const std::string lives = shows_lives && figures.lives > 0 ? fmt::format("{:>7}", figures.lives) : "";
  return fmt::format("{:>4}  {:<16.16} {:<6} {:>9} {:>8.0f} {:>8.2f} {:>8.2f} {:>9.1f} {:>7}{}\n", number, figures.user,
                     face, figures.writes, figures.rate, figures.p50_ms, figures.p99_ms, figures.worst_ms,
                     figures.share > 0 ? fmt::format("{:.3f}", figures.share) : "", lives);
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string kill_row(std::string_view where, std::uint64_t count, const KillCounts& kills) {
  constexpr double kBarMax = 40;
  const double part = share(count, kills.total());
  return fmt::format("    {:<16} {:>6} {:>5.1f} %  {}\n", where, count, part * 100,
                     std::string(static_cast<std::size_t>(std::lround(part * kBarMax)), '#'));
}

std::string_view against_target(bool is_met) { return is_met ? "met" : "missed"; }

}  // namespace

std::string load_table(const LoadFigures& figures, bool shows_lives, std::size_t rows_max) {
  std::string text =
      fmt::format("{:>4}  {:<16} {:<6} {:>9} {:>8} {:>8} {:>8} {:>9} {:>7}{}\n", "#", "user", "face", "writes", "per s",
                  "p50 ms", "p99 ms", "worst ms", "share", shows_lives ? fmt::format("{:>7}", "lives") : "");
  const std::size_t rows = std::min(rows_max, figures.writers.size());
  for (std::size_t writer = 0; writer < rows; ++writer) {
    const WriterFigures& own = figures.writers[writer];
    text += load_row(std::to_string(writer), own, to_string(own.modality), shows_lives);
  }
  if (rows < figures.writers.size()) text += fmt::format("      and {} more\n", figures.writers.size() - rows);
  text += load_row("all", figures.all, "", false);
  text += fmt::format("{:.1f} s  Jain {:.4f}  fewest/most {:.3f}  refused {}  locked {}", figures.seconds,
                      figures.fairness.jain, figures.fairness.fewest_of_most, figures.refused, figures.locked);
  if (shows_lives) {
    text += fmt::format("  kills {} ({:.0f} % inside the gate)", figures.kills.total(),
                        share(figures.kills.inside, figures.kills.total()) * 100);
  }
  return text + "\n";
}

std::string load_line(const LoadFigures& figures) {
  return fmt::format(
      "{:5.1f} s  {:>8} writes  {:>6.0f}/s  p50 {:.2f} ms  p99 {:.2f} ms  worst {:.1f} ms  Jain {:.4f}  refused {}  "
      "kills "
      "{}\n",
      figures.seconds, figures.all.writes, figures.all.rate, figures.all.p50_ms, figures.all.p99_ms,
      figures.all.worst_ms, figures.fairness.jain, figures.refused, figures.kills.total());
}

std::string load_summary(const LoadResult& result, bool shows_kills) {
  const LoadFigures& figures = result.figures;
  const Verdict& verdict = result.verdict;
  std::string text = fmt::format(
      "  accounted by SQL  asked {}  stored {}  lost {}  doubled {}  wrong {}  in doubt {}\n"
      "  answers           refused {}  locked {}  starved {}  retried {}  recovered {}\n",
      verdict.asked, verdict.stored, verdict.lost, verdict.doubled, verdict.wrong, verdict.in_doubt, figures.refused,
      figures.locked, figures.starved, verdict.retried, verdict.recovered);
  text += fmt::format("  observers         saw {}  missed {}  after the acknowledgement p50 {:.2f} ms, p99 {:.2f} ms\n",
                      verdict.seen, verdict.missed, verdict.lag_p50_ms, verdict.lag_p99_ms);
  text += fmt::format("  fairness          Jain {:.4f} (at least {}: {})  fewest/most {:.3f} (at least {}: {})\n",
                      figures.fairness.jain, kJainMin, against_target(figures.fairness.jain >= kJainMin),
                      figures.fairness.fewest_of_most, kFewestOfMostMin,
                      against_target(figures.fairness.fewest_of_most >= kFewestOfMostMin));
  text += fmt::format("  waits             worst {:.1f} ms (under {}: {})  longest time without a request {:.2f} ms\n",
                      figures.all.worst_ms, kWorstWaitMaxMs, against_target(figures.all.worst_ms < kWorstWaitMaxMs),
                      figures.worst_idle_ms);
  text += fmt::format("  verify            {}\n",
                      result.verify_problems.empty() ? "the store is whole" : result.verify_problems.front());
  if (shows_kills) {
    text += fmt::format("  kills             {}\n", figures.kills.total());
    text += kill_row("inside the gate", figures.kills.inside, figures.kills);
    text += kill_row("waiting for it", figures.kills.waiting, figures.kills);
    text += kill_row("outside", figures.kills.outside, figures.kills);
  }
  return text;
}

std::string scenario_heading() {
  return fmt::format("{:<34} {:<10} {:>6} {:>7} {:>5} {:>8} {:>7} {:>8}\n", "scenario", "by", "asked", "stored", "lost",
                     "doubled", "errors", "per s");
}

std::string scenario_row(const ScenarioResult& result) {
  return fmt::format("{} {:<32} {:<10} {:>6} {:>7} {:>5} {:>8} {:>7} {:>8.0f}  {}\n", result.scenario->number,
                     result.scenario->name, result.is_by_processes ? "processes" : "threads", result.asked,
                     result.stored, result.lost, result.doubled, result.errors, result.rate,
                     result.is_passed() ? "passed" : "FAILED");
}

std::vector<std::string> reasons_against(const LoadResult& result, bool kills) {
  std::vector<std::string> reasons;
  const auto count = [&reasons](std::uint64_t number, std::string_view what) {
    if (number > 0) reasons.push_back(fmt::format("{} {}", number, what));
  };
  const LoadFigures& figures = result.figures;
  const Verdict& verdict = result.verdict;
  count(verdict.lost, "acknowledged operations are lost");
  count(verdict.doubled, "operations are doubled or were never asked for");
  count(verdict.wrong, "rows are not as they were asked for");
  count(verdict.in_doubt, "operations have no answer");
  count(verdict.missed, "changes were missed by observers");
  count(figures.refused, "operations were refused");
  count(figures.read_errors, "watches failed");
  count(figures.starved, "times a process had no acknowledgement for 2 s");
  count(result.verify_problems.size(), "problems were found by verify");
  if (!verdict.is_clean && reasons.empty()) reasons.emplace_back("the store is not whole");
  if (verdict.acknowledged == 0) reasons.emplace_back("nothing was acknowledged");
  if (result.has_failed_process) reasons.emplace_back("a process failed");
  if (figures.worst_idle_ms > kIdleMaxMs) {
    reasons.push_back(fmt::format("the run is void: a writer had no request in flight for {:.1f} ms (at most {})",
                                  figures.worst_idle_ms, kIdleMaxMs));
  }
  if (kills && share(figures.kills.inside, figures.kills.total()) < kShareOfKillsInsideMin) {
    reasons.push_back(fmt::format("the run is void: {} of {} kills hit inside the gate (at least {:.0f} %)",
                                  figures.kills.inside, figures.kills.total(), kShareOfKillsInsideMin * 100));
  }
  if (result.message) reasons.push_back(*result.message);
  for (const auto& problem : verdict.problems) reasons.push_back(problem);
  for (const auto& problem : result.verify_problems) reasons.push_back(problem);
  return reasons;
}

std::vector<std::string> reasons_against(const ScenarioResult& result) {
  std::vector<std::string> reasons;
  if (result.is_passed()) return reasons;
  reasons.push_back(fmt::format("scenario {} by {} failed", result.scenario->number,
                                result.is_by_processes ? "processes" : "threads"));
  for (const auto& problem : result.problems) reasons.push_back(problem);
  return reasons;
}

boost::json::object to_json(const LoadResult& result) {
  const LoadFigures& figures = result.figures;
  boost::json::array writers;
  for (const WriterFigures& own : figures.writers) {
    writers.push_back({{"user", own.user},
                       {"modality", to_string(own.modality)},
                       {"writes", own.writes},
                       {"lives", own.lives},
                       {"rate", own.rate},
                       {"p50_ms", own.p50_ms},
                       {"p99_ms", own.p99_ms},
                       {"worst_ms", own.worst_ms},
                       {"share", own.share}});
  }
  boost::json::array verify_problems;
  for (const auto& problem : result.verify_problems) verify_problems.emplace_back(problem);
  return {{"seconds", figures.seconds},
          {"writes", figures.all.writes},
          {"rate", figures.all.rate},
          {"p50_ms", figures.all.p50_ms},
          {"p99_ms", figures.all.p99_ms},
          {"worst_ms", figures.all.worst_ms},
          {"jain", figures.fairness.jain},
          {"fewest_of_most", figures.fairness.fewest_of_most},
          {"refused", figures.refused},
          {"locked", figures.locked},
          {"starved", figures.starved},
          {"worst_idle_ms", figures.worst_idle_ms},
          {"kills",
           {{"inside", figures.kills.inside}, {"waiting", figures.kills.waiting}, {"outside", figures.kills.outside}}},
          {"writers", std::move(writers)},
          {"account", result.verdict.all},
          {"verify_problems", std::move(verify_problems)}};
}

boost::json::object to_json(const ScenarioResult& result) {
  boost::json::array problems;
  for (const auto& problem : result.problems) problems.emplace_back(problem);
  return {{"scenario", result.scenario->number},
          {"name", result.scenario->name},
          {"by", result.is_by_processes ? "processes" : "threads"},
          {"asked", result.asked},
          {"stored", result.stored},
          {"lost", result.lost},
          {"doubled", result.doubled},
          {"errors", result.errors},
          {"rate", result.rate},
          {"is_passed", result.is_passed()},
          {"problems", std::move(problems)}};
}

}  // namespace penny::cli::stress
