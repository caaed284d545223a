#include "proof/kills/stop_attack.hpp"

#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include <penny/store.hpp>

#include "base/file_system.hpp"
#include "proof/kills/account.hpp"
#include "proof/kills/crew.hpp"
#include "proof/kills/history.hpp"
#include "proof/kills/random.hpp"
#include "store/gate_page.hpp"
#include "support/child_process.hpp"
#include "support/until.hpp"

namespace penny::proof::kills {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kProcesses = 4;
constexpr milliseconds kDeadline{500};
constexpr milliseconds kTargetPatience{3'000};
constexpr milliseconds kBetweenStops{60};
constexpr int kTriesMax = 20;
constexpr std::uint64_t kLongOneIn = 12;
constexpr std::uint64_t kReadNs = 100 * kMillisecond;
// Between its end of the holder's note and of the lock nobody can tell who has the gate.
constexpr std::string_view kNamelessPoint = "gate.leaving";

constexpr std::string_view kNamed =
    "a store is opened and diagnosed while the gate's holder is stopped, and the stopped process is named";
constexpr std::string_view kReadersGoOn =
    "readers go on beside a stopped process: no read fails or takes longer than 100 ms";
constexpr std::string_view kNoTrouble =
    "what was refused because of its deadline is not there, and no read is refused or goes back";
constexpr std::string_view kEndsWell = "every process that was stopped goes on, and ends well";
constexpr std::string_view kNothingUntold = "nothing is stored whose caller was told that it is not";

class Attacker {
 public:
  Attacker(const StopAttack& attack, StopTally& tally, Court& court, const std::function<void()>& stopped)
      : attack_(attack),
        tally_(tally),
        court_(court),
        stopped_(stopped),
        random_(mixed(attack.seed ^ mixed(attack.store_number))),
        path_(attack.folder + "/memory.db"),
        witness_(fmt::format("seed {}, store {}", attack.seed, attack.store_number)),
        journal_(Mapped<Journal>::make(attack.folder + "/journal")),
        crew_({.store = path_,
               .journal = attack.folder + "/journal",
               .census = attack.census_path,
               .seed = attack.seed,
               .store_number = attack.store_number,
               .process = 0,
               .deadline = kDeadline,
               .reads = true},
              *journal_) {}

  void run() {
    for (std::size_t place = 0; place < kProcesses; ++place) crew_.start(place, std::nullopt);
    if (!test::until([this] { return are_all_writing(); })) throw std::runtime_error("the processes do not begin");
    open_page();
    std::vector<Stop> stops;
    for (std::uint64_t i = 0; i < attack_.stops && !is_any_lane_full(); ++i) {
      // Three of five inside.
      stops.push_back(stop_one((attack_.store_number + i) % 5 < 3));
      stopped_();
      (void)crew_.wait_for_deaths(Clock::now() + kBetweenStops);
    }
    end_all();
    account(stops);
  }

 private:
  [[nodiscard]] bool are_all_writing() const {
    return std::ranges::all_of(journal_->processes.begin(), journal_->processes.begin() + kProcesses,
                               [](const ProcessPage& page) { return page.reads.load(std::memory_order_relaxed) > 0; });
  }

  void open_page() {
    const auto paths = base::prepare_paths(path_, false);
    if (!paths) throw std::runtime_error(paths.error().message);
    auto page = store::GatePage::open(*paths, false);
    if (!page) throw std::runtime_error(page.error().message);
    gate_page_ = std::move(*page);
  }

  Stop stop_one(bool is_inside) {
    for (int tries = 0; tries < kTriesMax; ++tries) {
      auto stop = random_.one_in(2) ? stop_at_point(is_inside) : stop_as_page_says(is_inside);
      if (!stop) continue;
      tally_.where[stop->where] += 1;
      (stop->is_inside ? tally_.stops_inside : tally_.stops_outside) += 1;
      watch_stop(*stop);
      return *stop;
    }
    throw std::runtime_error(witness_ + ": no process could be stopped where it should");
  }

  // By itself, at a marked point.
  std::optional<Stop> stop_at_point(bool is_inside) {
    std::vector<const Point*> candidates;
    for (const Point& point : demanded_points()) {
      const Place place = place_of(point.name);
      if (point.is_in_gate == is_inside && place != Place::kCreating && place != Place::kOpening)
        candidates.push_back(&point);
    }
    const Point& point = *candidates.at(random_.below(candidates.size()));
    const auto where = attack_.census->find(point.name);
    const std::size_t victim = random_.below(kProcesses);
    if (!where) return std::nullopt;
    crew_.aim(
        victim,
        Target{.point = *where, .countdown = 1 + static_cast<std::uint32_t>(random_.below(3)), .signal = SIGSTOP});
    const bool is_stopped = test::until([&] { return crew_.is_stopped(victim); }, kTargetPatience);
    if (!is_stopped) {
      crew_.aim(victim, std::nullopt);
      // It may have got there in this very moment.
      if (crew_.is_stopped(victim)) go_on(victim);
      return std::nullopt;
    }
    // Another of its threads may be inside, or this one still, with a checkpoint to do.
    return Stop{.victim = victim,
                .is_inside = has_lock(victim),
                .is_nameless = point.name == kNamelessPoint || (!is_inside && !is_holder(victim)),
                .from_ns = now_ns(),
                .until_ns = 0,
                .where = fmt::format("at {}", point.name)};
  }

  // By us, at a random moment in which the page says that it holds the gate, or waits for it.
  std::optional<Stop> stop_as_page_says(bool is_inside) {
    std::size_t victim = random_.below(kProcesses);
    const auto is_there = [&] { return is_inside ? is_holder(victim) : is_waiting(victim); };
    if (!test::until(is_there, kTargetPatience, std::chrono::microseconds(20))) return std::nullopt;
    crew_.signal(victim, SIGSTOP);
    if (!test::until([&] { return crew_.is_stopped(victim); })) throw std::runtime_error("a process does not stop");
    if (!is_there() || has_lock(victim) != is_inside) {
      go_on(victim);
      return std::nullopt;
    }
    return Stop{.victim = victim,
                .is_inside = is_inside,
                .is_nameless = false,
                .from_ns = now_ns(),
                .until_ns = 0,
                .where = is_inside ? "inside the gate, at a random time" : "waiting for the gate, at a random time"};
  }

  [[nodiscard]] bool is_holder(std::size_t place) const {
    const auto holder = gate_page_->holder();
    return holder && holder->pid == crew_.pid(place);
  }
  [[nodiscard]] bool is_waiting(std::size_t place) const {
    return !is_holder(place) && std::ranges::any_of(gate_page_->slots(), [&](const store::SlotView& slot) {
      return slot.pid == crew_.pid(place) && slot.is_waiting;
    });
  }

  // What the kernel says of the gate's lock, which the page may not.
  [[nodiscard]] bool has_lock(std::size_t place) const {
    struct stat gate{};
    if (stat((path_ + "-gate").c_str(), &gate) != 0) throw std::runtime_error("the store has no gate");
    std::ifstream locks("/proc/locks");
    for (std::string line; std::getline(locks, line);) {
      const std::vector<std::string> words = test::words(line);
      if (words.size() < 6 || words[1] != "FLOCK" || words[4] != std::to_string(crew_.pid(place))) continue;
      if (words[5].ends_with(fmt::format(":{}", gate.st_ino))) return true;
    }
    return false;
  }

  // Stays stopped for its time; then it goes on.
  void watch_stop(Stop& stop) {
    for (ProcessPage& page : journal_->processes) page.worst_read_ns.store(0, std::memory_order_relaxed);
    const std::uint64_t reads_before = reads_beside(stop.victim);
    const Clock::time_point until = Clock::now() + length(stop.is_inside);
    if (stop.is_inside && !stop.is_nameless) diagnose(stop);
    check_died(crew_.wait_for_deaths(until));
    const std::uint64_t reads = reads_beside(stop.victim) - reads_before;
    tally_.reads_in_stops += reads;
    stop.until_ns = now_ns();
    check(kReadersGoOn, reads > 0, stop, "nobody read");
    for (std::size_t place = 0; place < kProcesses; ++place) {
      if (place == stop.victim) continue;
      const ProcessPage& page = journal_->processes.at(place);
      const std::uint64_t worst = page.worst_read_ns.load(std::memory_order_relaxed);
      const std::uint64_t late = page.lates.worst(stop.from_ns, stop.until_ns);
      tally_.worst_read_ns = std::max(tally_.worst_read_ns, worst);
      check(kReadersGoOn, worst <= kReadNs + late, stop,
            fmt::format("a read of process {} took {} ms", place, worst / kMillisecond));
    }
    go_on(stop.victim);
    wait_for_answers(stop);
  }

  Clock::duration length(bool is_inside) {
    if (!is_inside) return milliseconds(200 + random_.below(100));
    if (!random_.one_in(kLongOneIn)) return milliseconds(600 + random_.below(100));
    tally_.long_stops += 1;
    return milliseconds(1'000 + random_.below(2'000));
  }

  [[nodiscard]] std::uint64_t reads_beside(std::size_t victim) const {
    std::uint64_t reads = 0;
    for (std::size_t place = 0; place < kProcesses; ++place) {
      if (place != victim) reads += journal_->processes.at(place).reads.load(std::memory_order_relaxed);
    }
    return reads;
  }

  void diagnose(const Stop& stop) {
    const auto store = Store::open(path_, {.create = false});
    if (!store) return check(kNamed, false, stop, store.error().message);
    const auto diagnosis = store->diagnose();
    if (!diagnosis) return check(kNamed, false, stop, diagnosis.error().message);
    const auto& holder = diagnosis->gate_holder;
    check(kNamed, holder && holder->pid == crew_.pid(stop.victim) && holder->state == "T", stop,
          holder
              ? fmt::format("process {} in state {}, and it is {}", holder->pid, holder->state, crew_.pid(stop.victim))
              : "nobody is named");
  }

  void go_on(std::size_t place) {
    journal_->processes.at(place).stops.fetch_add(1, std::memory_order_release);
    crew_.aim(place, std::nullopt);
    crew_.signal(place, SIGCONT);
  }

  // All that was under way when it was stopped. Who is too late is found in the journal.
  void wait_for_answers(const Stop& stop) {
    const auto& lanes = journal_->processes.at(stop.victim).lanes;
    (void)test::until([&] {
      return std::ranges::all_of(lanes, [&](const Lane& lane) {
        const std::uint32_t count = lane.count.load(std::memory_order_acquire);
        return count > 0 && (lane.events.at(count - 1).at_ns > stop.until_ns || lane.is_full());
      });
    });
  }

  [[nodiscard]] bool is_any_lane_full() const {
    return std::ranges::any_of(journal_->processes,
                               [](const ProcessPage& page) { return std::ranges::any_of(page.lanes, &Lane::is_full); });
  }

  void check_died(const std::vector<std::size_t>& places) {
    for (const std::size_t place : places) {
      const ProcessPage& page = journal_->processes.at(place);
      throw std::runtime_error(fmt::format("{}: process {} ended: {}", witness_, place, page.trouble.view()));
    }
  }

  void end_all() {
    for (ProcessPage& page : journal_->processes) page.is_to_end.store(1, std::memory_order_relaxed);
    for (std::size_t place = 0; place < kProcesses; ++place) {
      const int status = crew_.reap(place);
      const Message& trouble = journal_->processes.at(place).trouble;
      const bool is_calm = trouble.is_written.load(std::memory_order_acquire) == 0;
      court_.check(kNoTrouble, is_calm,
                   is_calm ? "" : fmt::format("{}, process {}: {}", witness_, place, trouble.view()));
      court_.check(kEndsWell, status == 0 || !is_calm,
                   fmt::format("{}, process {}: status {:#x}", witness_, place, status));
    }
  }

  void account(const std::vector<Stop>& stops) {
    for (const Stop& stop : stops) judge_stop(*journal_, kProcesses, stop, witness_, court_, tally_.figures);
    const History history = read_history(*journal_, true, witness_, court_);
    const Stored stored = check_store(path_, history, witness_, court_);
    court_.check(kNothingUntold, stored.unanswered == 0,
                 fmt::format("{}: {} requests are stored without an answer", witness_, stored.unanswered));
    const auto store = Store::open(path_, {.create = false});
    if (store) check_verify(*store, witness_, court_);
    court_.check(kEndsWell, store.has_value(), store ? "" : witness_ + ": " + store.error().message);
    tally_.operations += stored.operations;
    tally_.acknowledged += history.acknowledged;
    tally_.stored_at_retry += history.stored_at_retry;
  }

  void check(std::string_view claim, bool holds, const Stop& stop, const std::string& what) {
    court_.check(claim, holds,
                 holds ? "" : fmt::format("{}, process {} stopped {}: {}", witness_, stop.victim, stop.where, what));
  }

  const StopAttack& attack_;
  StopTally& tally_;
  Court& court_;
  const std::function<void()>& stopped_;
  Random random_;
  const std::string path_;
  const std::string witness_;
  Mapped<Journal> journal_;
  Crew crew_;
  std::unique_ptr<store::GatePage> gate_page_;
};

}  // namespace

void stop_processes(const StopAttack& attack, StopTally& tally, Court& court, const std::function<void()>& stopped) {
  Attacker(attack, tally, court, stopped).run();
}

}  // namespace penny::proof::kills
