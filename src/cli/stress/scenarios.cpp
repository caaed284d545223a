#include "cli/stress/scenarios.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/core.h>

#include "cli/stress/accountant.hpp"
#include "cli/stress/board.hpp"
#include "cli/stress/crew.hpp"

namespace penny::cli::stress {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStartDeadline{60'000};
constexpr milliseconds kPlayDeadline{60'000};  // beyond it the scenario is stuck
constexpr std::size_t kEntriesMax = 10'000;

bool is_anyone(Role) { return true; }

CrewPlan crew_plan(const Scenario& scenario, bool is_by_processes, const std::string& store, std::uint64_t seed) {
  CrewPlan plan{.store = store,
                .seed = seed,
                .scenario = scenario.number,
                .members = scenario.members,
                .entries_max = kEntriesMax,
                .processes = {},
                .revs_before = {}};
  if (is_by_processes) {
    plan.processes.assign(scenario.members, {.role = Role::kScenario, .threads = 1});
  } else {
    plan.processes.assign(1, {.role = Role::kScenario, .threads = scenario.members});
  }
  return plan;
}

class Findings {
 public:
  explicit Findings(ScenarioResult& result) : result_(result) {}

  void add(std::uint64_t count, const std::string& what) {
    if (count == 0) return;
    result_.errors += count;
    result_.problems.push_back(what);
  }

 private:
  ScenarioResult& result_;
};

// Whoever read the context at the end read one and the same.
std::uint64_t different_contexts(const Crew& crew) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> seen;
  for (const ProcessBoard& own : crew.board().processes()) {
    for (std::uint32_t thread = 0; thread < own.threads; ++thread) {
      seen.emplace_back(own.thread[thread].context_rev.load(), own.thread[thread].context_hash.load());
    }
  }
  return static_cast<std::uint64_t>(std::ranges::count_if(seen, [&](const auto& one) { return one != seen.front(); }));
}

void judge(const Crew& crew, const Verdict& verdict, ScenarioResult& result) {
  const Scenario& scenario = *result.scenario;
  Findings findings(result);
  std::uint64_t reads = 0;
  for (const ProcessBoard& own : crew.board().processes()) {
    reads += own.reads.load();
    findings.add(own.refused.load(), "operations were refused");
    findings.add(own.read_errors.load(), "reads failed");
  }
  if (crew.has_failed()) findings.add(1, "a process failed");
  if (const auto message = crew.message()) findings.add(1, *message);
  if (verdict.asked != scenario.asked) {
    findings.add(1, fmt::format("{} operations were asked, not {}", verdict.asked, scenario.asked));
  }
  if (reads != scenario.reads) findings.add(1, fmt::format("{} reads were done, not {}", reads, scenario.reads));
  findings.add(verdict.in_doubt, "operations without an answer");
  findings.add(verdict.wrong, "rows are not as they were asked for");
  if (!verdict.is_clean && verdict.lost + verdict.doubled + verdict.wrong == 0)
    findings.add(1, "the store is not whole");
  if (scenario.number == 3) findings.add(different_contexts(crew), "chat and voice read different contexts");
  if (scenario.number == 6 && (verdict.journal_mode != "wal" || verdict.conversations != scenario.asked)) {
    findings.add(
        1, fmt::format("journal_mode is {}, {} conversations are there", verdict.journal_mode, verdict.conversations));
  }
  result.problems.insert(result.problems.end(), verdict.problems.begin(), verdict.problems.end());
}

}  // namespace

Result<ScenarioResult> run_scenario(const Scenario& scenario, bool is_by_processes, const std::filesystem::path& folder,
                                    const Script& script, std::uint64_t seed) {
  const std::string name = fmt::format("scenario-{}-{}", scenario.number, is_by_processes ? "processes" : "threads");
  const std::string store = (folder / (name + ".db")).string();
  auto crew = Crew::make(crew_plan(scenario, is_by_processes, store, seed), script);
  if (!crew) return std::unexpected(crew.error());
  if (auto started = crew->start(kStartDeadline); !started) return std::unexpected(started.error());

  const std::uint64_t begin = now_ns();
  crew->go();
  crew->wait(is_anyone, kPlayDeadline);
  std::uint64_t end = begin + 1;
  for (const ProcessBoard& own : crew->board().processes()) end = std::max(end, own.last_acknowledged_ns.load());

  const auto log = folder / (name + "-log");
  if (auto written = crew->write_logs(log); !written) return std::unexpected(written.error());
  const auto verdict = ask_accountant(store, log);
  if (!verdict) return std::unexpected(verdict.error());
  ScenarioResult result{.scenario = &scenario,
                        .is_by_processes = is_by_processes,
                        .asked = verdict->asked,
                        .stored = verdict->stored,
                        .lost = verdict->lost,
                        .doubled = verdict->doubled,
                        .errors = 0,
                        .rate = static_cast<double>(verdict->stored) * 1e9 / static_cast<double>(end - begin),
                        .problems = {}};
  judge(*crew, *verdict, result);
  return result;
}

}  // namespace penny::cli::stress
