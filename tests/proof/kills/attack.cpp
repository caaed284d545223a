#include "proof/kills/attack.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "base/file_system.hpp"
#include "proof/kills/crew.hpp"
#include "proof/kills/history.hpp"
#include "proof/kills/journal.hpp"
#include "proof/kills/random.hpp"
#include "proof/kills/settle.hpp"
#include "store/gate_page.hpp"

namespace penny::proof::kills {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMortals = 4;  // the places of those who are killed again and again
constexpr std::size_t kSurvivor = kMortals;
constexpr double kLifeMeanMs = 50;
// For a process to reach its point; then it is killed anyway.
constexpr milliseconds kPatience{200};
constexpr milliseconds kCheckpointPatience{1'500};
constexpr std::uint64_t kCreationKillsMax = 8;
constexpr std::uint32_t kCountdownMax = 4;
constexpr std::uint64_t kAllAtOnceOneIn = 40;
constexpr std::uint64_t kWaitMaxNs = 2'000'000'000;

constexpr std::string_view kNoStarvation = "no acknowledgement takes longer than 2 s while its process lives";
constexpr std::string_view kSurvivorServed = "a process that is never killed is served while others die around it";
constexpr std::string_view kNoTrouble =
    "no process sees what it may not: a refusal, a wrong rev, a read that misses its own write";
constexpr std::string_view kOnlyKilled = "no process ends but by our signal";

class StoreAttack {
 public:
  StoreAttack(const Attack& attack, Tally& tally, Court& court, const std::function<void()>& killed)
      : attack_(attack),
        tally_(tally),
        court_(court),
        killed_(killed),
        random_(mixed(attack.seed ^ mixed(attack.store_number))),
        path_(attack.folder + "/memory.db"),
        witness_(fmt::format("seed {}, store {}", attack.seed, attack.store_number)),
        // In the other stores nobody survives, so that sometimes all are dead and the next one finds a log to recover.
        has_survivor_(attack.store_number % 2 == 0),
        journal_(Mapped<Journal>::make(attack.folder + "/journal")),
        crew_({.store = path_,
               .journal = attack.folder + "/journal",
               .census = attack.census_path,
               .seed = attack.seed,
               .store_number = attack.store_number,
               .process = 0},
              *journal_) {}

  void run() {
    kill_again_and_again();
    kill_all();
    account();
  }

 private:
  void kill_again_and_again() {
    const std::uint64_t kills_last = tally_.kills + attack_.kills;
    for (std::size_t place = 0; place < kMortals; ++place) start(place);
    if (has_survivor_) crew_.start(kSurvivor, std::nullopt);
    while (tally_.kills < kills_last && !is_any_lane_full()) {
      const std::size_t next = static_cast<std::size_t>(std::ranges::min_element(kill_at_) - kill_at_.begin());
      for (const std::size_t place : crew_.wait_for_deaths(kill_at_.at(next))) {
        // The survivor's place has no time of death: it must not die.
        bury(place);
        if (place < kMortals) start(place);
      }
      if (Clock::now() < kill_at_.at(next)) continue;
      if (!has_survivor_ && random_.one_in(kAllAtOnceOneIn)) {
        kill_all();
        for (std::size_t place = 0; place < kMortals; ++place) start(place);
      } else {
        strike(next);
      }
    }
  }

  // A random time for one half of the processes, a point for the other.
  void start(std::size_t place) {
    const auto target = choose_target();
    crew_.start(place, target);
    kill_at_.at(place) = Clock::now() + (target ? patience_for(target->point) : random_life());
    was_inside_.at(place) = false;
  }

  Clock::duration random_life() {
    const std::chrono::duration<double, std::milli> life(random_.exponential(kLifeMeanMs));
    return std::chrono::duration_cast<Clock::duration>(life);
  }

  [[nodiscard]] Clock::duration patience_for(std::size_t point) const {
    return place_of(attack_.census->name(point)) == Place::kCheckpoint ? kCheckpointPatience : kPatience;
  }

  std::optional<Target> choose_target() {
    const bool is_made = std::filesystem::exists(path_);
    if (!is_made && creation_kills_ >= kCreationKillsMax) return std::nullopt;
    if (is_made && random_.one_in(2)) return std::nullopt;
    if (!is_made) creation_kills_ += 1;
    std::vector<std::size_t> candidates;
    for (std::size_t point = 0; point < kPointsMax; ++point) {
      const std::string_view name = attack_.census->name(point);
      if (!name.empty() && (place_of(name) == Place::kCreating) == !is_made) candidates.push_back(point);
    }
    if (candidates.empty()) return std::nullopt;
    std::size_t point = candidates.at(random_.below(candidates.size()));
    // Half of the time what was hit least, so that rare points are hit too.
    if (random_.one_in(2)) {
      point = *std::ranges::min_element(candidates, {}, [&](std::size_t one) { return attack_.census->hits(one); });
    }
    const Place where = place_of(attack_.census->name(point));
    const bool is_once = where == Place::kCreating || where == Place::kOpening;
    return Target{.point = point,
                  .countdown = is_once ? 1 : 1 + static_cast<std::uint32_t>(random_.below(kCountdownMax)),
                  .signal = SIGKILL};
  }

  void strike(std::size_t place) {
    was_inside_.at(place) = is_inside(place);
    crew_.signal(place, SIGKILL);
    (void)crew_.wait_for_deaths(Clock::now() + std::chrono::seconds(30));
    // Whoever has died, this one or another, is buried in the next round.
    kill_at_.at(place) = Clock::time_point::max();
  }

  void kill_all() {
    std::vector<std::size_t> places;
    for (std::size_t place = 0; place < kProcessesMax; ++place) {
      if (crew_.pid(place) < 0) continue;
      places.push_back(place);
      crew_.signal(place, SIGKILL);
    }
    for (const std::size_t place : places) {
      is_at_once_ = true;
      bury(place);
    }
    is_at_once_ = false;
  }

  // Counts how it died. It may have done so by itself a moment before our signal.
  void bury(std::size_t place) {
    const ProcessPage& page = journal_->processes.at(place);
    const bool is_inside_now = was_inside_.at(place) || is_inside(place);
    const bool is_waiting_now = is_waiting(place);
    const int status = crew_.reap(place);
    note_waits(place);
    const std::uint32_t struck = page.strike.carried_out.load(std::memory_order_acquire);
    const bool is_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    court_.check(
        kOnlyKilled, is_killed,
        is_killed ? "" : fmt::format("{}, process {}: status {:#x}; {}", witness_, place, status, page.trouble.view()));
    check_trouble(place);
    if (!is_killed) return;
    tally_.kills += 1;
    killed_();
    if (struck != 0) {
      attack_.census->count_hit(struck - 1);
      return;
    }
    (is_at_once_      ? tally_.at_once
     : is_inside_now  ? tally_.inside
     : is_waiting_now ? tally_.waiting
                      : tally_.elsewhere) += 1;
    const std::size_t threads = std::min<std::size_t>(page.threads.load(std::memory_order_relaxed), kThreadsMax);
    for (std::size_t thread = 0; thread < threads; ++thread) {
      const std::uint32_t point = page.last_point.at(thread).load(std::memory_order_relaxed);
      if (point > 0 && point <= kPointsMax) tally_.after_point.at(point - 1) += 1;
    }
  }

  void check_trouble(std::size_t place) {
    const Message& trouble = journal_->processes.at(place).trouble;
    const bool is_calm = trouble.is_written.load(std::memory_order_acquire) == 0;
    court_.check(kNoTrouble, is_calm,
                 is_calm ? "" : fmt::format("{}, process {}: {}", witness_, place, trouble.view()));
  }

  // How long the dead one had been waiting for an answer.
  void note_waits(std::size_t place) {
    const std::uint64_t now = now_ns();
    const ProcessPage& page = journal_->processes.at(place);
    for (const Lane& lane : page.lanes) {
      const std::uint32_t count = lane.count.load(std::memory_order_acquire);
      if (count == 0) continue;
      const Event& last = lane.events.at(count - 1);
      if (last.kind == EventKind::kBegun && last.life == page.life.load(std::memory_order_relaxed))
        note_wait(place, now - last.at_ns);
    }
  }

  void note_wait(std::size_t place, std::uint64_t wait_ns) {
    tally_.worst_wait_ns = std::max(tally_.worst_wait_ns, wait_ns);
    court_.check(kNoStarvation, wait_ns <= kWaitMaxNs,
                 wait_ns <= kWaitMaxNs
                     ? ""
                     : fmt::format("{}, process {}: {:.0f} ms", witness_, place, static_cast<double>(wait_ns) / 1e6));
  }

  // By what the page says; it is there once the store is.
  bool is_inside(std::size_t place) {
    if (!has_page()) return false;
    const auto holder = gate_page_->holder();
    return holder && holder->pid == crew_.pid(place);
  }
  bool is_waiting(std::size_t place) {
    return has_page() && std::ranges::any_of(gate_page_->slots(), [&](const store::SlotView& slot) {
             return slot.pid == crew_.pid(place) && slot.is_waiting;
           });
  }
  bool has_page() {
    if (gate_page_) return true;
    const auto paths = base::prepare_paths(path_, false);
    if (!paths) return false;
    auto page = store::GatePage::open(*paths, false);
    if (page) gate_page_ = std::move(*page);
    return gate_page_ != nullptr;
  }

  [[nodiscard]] bool is_any_lane_full() const {
    return std::ranges::any_of(journal_->processes,
                               [](const ProcessPage& page) { return std::ranges::any_of(page.lanes, &Lane::is_full); });
  }

  void account() {
    if (has_survivor_) {
      const bool is_served = std::ranges::all_of(journal_->processes.at(kSurvivor).lanes, [](const Lane& lane) {
        const std::uint32_t count = lane.count.load(std::memory_order_acquire);
        return std::ranges::any_of(lane.events.begin(), lane.events.begin() + count,
                                   [](const Event& event) { return event.rev != 0; });
      });
      court_.check(kSurvivorServed, is_served, is_served ? "" : witness_);
    }
    const History history = read_history(*journal_, false, witness_, court_);
    note_wait(kProcessesMax, history.worst_wait_ns);
    tally_.stores += 1;
    tally_.requests += history.requests;
    tally_.acknowledged += history.acknowledged;
    tally_.retries_stored += history.retries_stored;
    tally_.retries_known += history.retries_known;
    tally_.retries_answered += history.retries_answered;
    for (const ProcessPage& page : journal_->processes) tally_.reads += page.reads.load(std::memory_order_relaxed);
    const Settled settled =
        settle_store(path_, attack_.seed, attack_.store_number, *journal_, history, witness_, court_);
    tally_.operations += settled.operations;
    tally_.unanswered_stored += settled.unanswered_stored;
    tally_.unanswered_absent += settled.unanswered_absent;
  }

  const Attack& attack_;
  Tally& tally_;
  Court& court_;
  const std::function<void()>& killed_;
  Random random_;
  const std::string path_;
  const std::string witness_;
  const bool has_survivor_;
  Mapped<Journal> journal_;
  Crew crew_;
  std::unique_ptr<store::GatePage> gate_page_;
  std::array<Clock::time_point, kMortals> kill_at_{};
  std::array<bool, kProcessesMax> was_inside_{};
  std::uint64_t creation_kills_ = 0;
  bool is_at_once_ = false;
};

}  // namespace

void attack_store(const Attack& attack, Tally& tally, Court& court, const std::function<void()>& killed) {
  StoreAttack(attack, tally, court, killed).run();
}

}  // namespace penny::proof::kills
