#include "cli/stress/load.hpp"

#include <algorithm>
#include <thread>

#include <penny/store.hpp>

#include "cli/stress/board.hpp"

namespace penny::cli::stress {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kStartDeadline{60'000};
constexpr milliseconds kSettleDeadline{60'000};
constexpr milliseconds kKillEvery{50};
constexpr milliseconds kLookEvery{10};
constexpr milliseconds kShowEvery{250};
constexpr std::uint64_t kStarvedAfterNs = 2'000'000'000;
constexpr std::size_t kEntriesMax = std::size_t{1} << 21;  // of one process; takes memory only as it is used

double milliseconds_of(std::uint64_t ns) { return static_cast<double>(ns) / 1e6; }

bool is_writer(Role role) { return role == Role::kWriter; }
bool is_anyone(Role) { return true; }

Result<std::vector<std::uint64_t>> revs_of(const Store& store, const Script& script) {
  std::vector<std::uint64_t> revs;
  for (std::size_t user = 0; user < script.users(); ++user) {
    const auto statistics = store.user_statistics(script.user(user));
    if (!statistics) return std::unexpected(statistics.error());
    revs.push_back(statistics->rev);
  }
  return revs;
}

CrewPlan crew_plan(const LoadPlan& plan, const Script& script) {
  CrewPlan crew{.store = plan.store,
                .seed = plan.seed,
                .observers = static_cast<std::uint32_t>(plan.observers),
                .entries_max = kEntriesMax,
                .processes = {},
                .revs_before = {}};
  for (std::size_t writer = 0; writer < plan.writers; ++writer) {
    crew.processes.push_back({.role = Role::kWriter,
                              .user = static_cast<std::uint32_t>(writer / 2 % script.users()),
                              .modality = writer % 2 == 0 ? Modality::kChat : Modality::kVoice,
                              .threads = plan.threads});
  }
  for (std::size_t observer = 0; observer < plan.observers; ++observer) {
    const std::size_t users = (script.users() - observer + plan.observers - 1) / plan.observers;
    crew.processes.push_back({.role = Role::kObserver,
                              .user = static_cast<std::uint32_t>(observer),
                              .threads = static_cast<std::uint32_t>(std::min(users, kThreadsMax))});
  }
  return crew;
}

class Load {
 public:
  Load(const LoadPlan& plan, const Script& script, Crew crew) : plan_(plan), script_(script), crew_(std::move(crew)) {}

  Result<void> run(const Display& display, bool (*is_stop_requested)()) {
    if (auto started = crew_.start(kStartDeadline); !started) return started;
    std::optional<Killer> killer;
    if (plan_.kills) {
      auto made = Killer::make(crew_, plan_.writers, plan_.seed);
      if (!made) return std::unexpected(made.error());
      killer.emplace(*std::move(made));
    }
    starved_life_.assign(plan_.writers, 0);
    crew_.go();
    begun_ns_ = now_ns();
    const auto begin = Clock::now();
    auto next_kill = begin + kKillEvery;
    auto next_show = begin + kShowEvery;
    while (Clock::now() < begin + plan_.duration && !is_stop_requested() && !crew_.has_failed()) {
      if (killer && Clock::now() >= next_kill) {
        if (auto struck = killer->strike(); !struck) return struck;
        next_kill += kKillEvery;
        figures_.kills = killer->counts();
      }
      crew_.reap();
      look_for_starved();
      if (Clock::now() >= next_show) {
        display(measure(now_ns()));
        next_show += kShowEvery;
      }
      auto wake = std::min(begin + plan_.duration, Clock::now() + kLookEvery);
      if (killer) wake = std::min(wake, next_kill);
      std::this_thread::sleep_until(wake);
    }
    crew_.board().set_phase(Phase::kStopped);
    figures_ = measure(now_ns());
    return {};
  }

  // Everybody comes to an end; what killed processes left open is settled.
  Result<void> settle() {
    crew_.wait(is_writer, kSettleDeadline);
    auto store = Store::open(plan_.store, {.create = false});
    if (!store) return std::unexpected(store.error());
    const auto revs = revs_of(*store, script_);
    if (!revs) return std::unexpected(revs.error());
    for (std::size_t user = 0; user < revs->size(); ++user) {
      crew_.board().users()[user].last_rev.store((*revs)[user], std::memory_order_release);
    }
    crew_.board().set_phase(Phase::kSettled);
    crew_.wait(is_anyone, kSettleDeadline);
    const auto report = store->verify();
    if (!report) return std::unexpected(report.error());
    verify_problems_ = report->problems;
    return {};
  }

  Result<LoadResult> account() {
    if (auto written = crew_.write_logs(plan_.log); !written) return std::unexpected(written.error());
    auto verdict = ask_accountant(plan_.store, plan_.log);
    if (!verdict) return std::unexpected(verdict.error());
    count_refusals(figures_);
    return LoadResult{.figures = figures_,
                      .verdict = *std::move(verdict),
                      .verify_problems = verify_problems_,
                      .message = crew_.message(),
                      .has_failed_process = crew_.has_failed()};
  }

 private:
  void count_refusals(LoadFigures& figures) const {
    figures.refused = figures.locked = figures.read_errors = 0;
    for (const ProcessBoard& own : crew_.board().processes()) {
      figures.refused += own.refused.load(std::memory_order_relaxed);
      figures.locked += own.locked.load(std::memory_order_relaxed);
      figures.read_errors += own.read_errors.load(std::memory_order_relaxed);
    }
  }

  // A life counts once, however long it starves.
  void look_for_starved() {
    const std::uint64_t now = now_ns();
    for (std::size_t writer = 0; writer < plan_.writers; ++writer) {
      const ProcessBoard& own = crew_.board().processes()[writer];
      const std::uint64_t alive_since = std::max(own.begun_ns.load(std::memory_order_relaxed),
                                                 own.last_acknowledged_ns.load(std::memory_order_relaxed));
      const std::uint32_t life = own.lives.load(std::memory_order_relaxed);
      if (now <= alive_since + kStarvedAfterNs || starved_life_[writer] == life) continue;
      starved_life_[writer] = life;
      ++figures_.starved;
    }
  }

  [[nodiscard]] LoadFigures measure(std::uint64_t now) const {
    LoadFigures figures;
    figures.kills = figures_.kills;
    figures.starved = figures_.starved;
    figures.seconds = static_cast<double>(now - begun_ns_) / 1e9;
    Histogram waits;
    std::vector<std::uint64_t> counts;
    for (std::size_t writer = 0; writer < plan_.writers; ++writer) {
      const ProcessBoard& own = crew_.board().processes()[writer];
      std::uint64_t worst = own.worst_wait_ns.load(std::memory_order_relaxed);
      for (const ThreadBoard& thread : own.thread) {
        const std::uint64_t since = thread.in_flight_since_ns.load(std::memory_order_relaxed);
        if (since != 0 && since < now) worst = std::max(worst, now - since);
      }
      const std::uint64_t writes = own.acknowledged.load(std::memory_order_relaxed);
      counts.push_back(writes);
      waits.add(own.waits);
      figures.writers.push_back({.user = std::string(script_.user(own.user)),
                                 .modality = static_cast<Modality>(own.modality),
                                 .writes = writes,
                                 .lives = own.lives.load(std::memory_order_relaxed),
                                 .rate = static_cast<double>(writes) / figures.seconds,
                                 .p50_ms = own.waits.quantile_ns(0.50) / 1e6,
                                 .p99_ms = own.waits.quantile_ns(0.99) / 1e6,
                                 .worst_ms = milliseconds_of(worst),
                                 .share = 0});
      figures.all.writes += writes;
      figures.all.worst_ms = std::max(figures.all.worst_ms, milliseconds_of(worst));
      figures.worst_idle_ms =
          std::max(figures.worst_idle_ms, milliseconds_of(own.worst_idle_ns.load(std::memory_order_relaxed)));
    }
    figures.all.rate = static_cast<double>(figures.all.writes) / figures.seconds;
    figures.all.p50_ms = waits.quantile_ns(0.50) / 1e6;
    figures.all.p99_ms = waits.quantile_ns(0.99) / 1e6;
    figures.fairness = fairness_of(counts);
    for (WriterFigures& writer : figures.writers) {
      if (figures.all.writes == 0) break;
      writer.share = static_cast<double>(writer.writes) * static_cast<double>(plan_.writers) /
                     static_cast<double>(figures.all.writes);
    }
    count_refusals(figures);
    return figures;
  }

  const LoadPlan& plan_;
  const Script& script_;
  Crew crew_;
  std::uint64_t begun_ns_ = 0;
  std::vector<std::uint32_t> starved_life_;  // of each writer, the life that was counted
  LoadFigures figures_;
  std::vector<std::string> verify_problems_;
};

}  // namespace

Result<LoadResult> run_load(const LoadPlan& plan, const Script& script, const Display& display,
                            bool (*is_stop_requested)()) {
  CrewPlan crew_of_load = crew_plan(plan, script);
  std::error_code missing;
  if (std::filesystem::exists(plan.store, missing)) {
    auto store = Store::open(plan.store, {.create = false});
    if (!store) return std::unexpected(store.error());
    auto revs = revs_of(*store, script);
    if (!revs) return std::unexpected(revs.error());
    crew_of_load.revs_before = *std::move(revs);
  }
  auto crew = Crew::make(crew_of_load, script);
  if (!crew) return std::unexpected(crew.error());
  Load load(plan, script, *std::move(crew));
  if (auto run = load.run(display, is_stop_requested); !run) return std::unexpected(run.error());
  if (auto settled = load.settle(); !settled) return std::unexpected(settled.error());
  return load.account();
}

}  // namespace penny::cli::stress
