#include "proof/histories/run.hpp"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <thread>
#include <unordered_map>

#include <fmt/core.h>

#include "proof/histories/board.hpp"
#include "proof/histories/process.hpp"
#include "proof/histories/recorder.hpp"
#include "proof/histories/vocabulary.hpp"
#include "proof/histories/worker.hpp"

namespace penny::proof::histories {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{60};

struct Slot {
  std::optional<Process> process;
  std::uint32_t number = 0;
  Clock::time_point goes_on{};  // stopped until then
  bool is_stopped = false;
  bool is_done = false;
};

class Runner {
 public:
  explicit Runner(const RunOrder& order)
      : order_(order),
        folder_(order.folder),
        random_(order.seed * 0x9E37'79B9'7F4A'7C15U + 1),
        board_(board_path(folder_), order.calls) {
    run_.history.seed = order.seed;
  }

  Run run(const std::function<void(std::uint64_t)>& progress) {
    const auto began = Clock::now();
    for (std::uint32_t slot = 0; slot < kProcesses; ++slot) start(slot, 0);
    attack_until_done(progress);
    run_.work_ms = static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(Clock::now() - began).count());
    end_reader();
    const std::uint32_t final_number = ++last_process_;
    Process final_reader({kFinalName, folder_, std::to_string(final_number)});
    if (const int status = final_reader.wait(); status != 0)
      run_.problems.push_back(fmt::format("the process that reads the state in the end ended with status {}", status));
    collect(final_number);
    return std::move(run_);
  }

 private:
  void start(std::uint32_t slot, std::uint32_t predecessor) {
    board_->is_to_end.at(slot).store(0, std::memory_order_relaxed);
    slots_.at(slot).number = ++last_process_;
    slots_.at(slot).process.emplace(std::vector<std::string>{kWriterName, folder_, std::to_string(last_process_),
                                                             std::to_string(slot), std::to_string(order_.seed),
                                                             std::to_string(predecessor)});
  }

  // The pauses are the attack's, nothing waits for them.
  void attack_until_done(const std::function<void(std::uint64_t)>& progress) {
    std::uint64_t seen = 0;
    auto moved = Clock::now();
    auto next_attack = moved + pause();
    std::uint64_t calls_of_next_attack = 0;
    while (!are_all_done()) {
      std::this_thread::sleep_for(milliseconds(2));
      const auto now = Clock::now();
      const std::uint64_t calls = board_->calls.load(std::memory_order_relaxed);
      progress(std::min(calls, board_->calls_max));
      if (calls != seen) {
        seen = calls;
        moved = now;
      }
      if (now - moved > kPatience) {
        run_.problems.push_back(fmt::format("nothing moved for {} s", kPatience.count()));
        for (Slot& slot : slots_) kill(slot);
        return;
      }
      for (std::uint32_t slot = 0; slot < kProcesses; ++slot) attend(slot, now);
      attend_reader(now);
      if (now < next_attack || calls < calls_of_next_attack || calls >= board_->calls_max) continue;
      attack(static_cast<std::uint32_t>(random_() % kProcesses), now);
      next_attack = now + pause();
      calls_of_next_attack = calls + order_.calls_between_attacks;
    }
  }

  milliseconds pause() { return milliseconds(1 + random_() % static_cast<std::uint64_t>(order_.pause_max.count())); }

  [[nodiscard]] bool are_all_done() const { return std::ranges::all_of(slots_, &Slot::is_done); }

  // Wakes a stopped one, and starts one anew that ended because it was told to.
  void attend(std::uint32_t place, Clock::time_point now) {
    Slot& slot = slots_.at(place);
    if (slot.is_stopped && now >= slot.goes_on) go_on(slot);
    if (!slot.process || slot.is_done) return;
    const auto status = slot.process->ended();
    if (!status) return;
    if (*status != 0) run_.problems.push_back(fmt::format("a writing process ended with status {}", *status));
    const bool was_told = board_->is_to_end.at(place).load(std::memory_order_relaxed) != 0;
    if (was_told && *status == 0) {
      run_.attacks.restarts += 1;
      start(place, 0);
    } else {
      slot.is_done = true;
    }
  }

  void go_on(Slot& slot) {
    slot.process->signal(SIGCONT);
    slot.is_stopped = false;
  }

  void kill(Slot& slot) {
    if (!slot.process || !slot.process->is_running()) return;
    slot.process->kill();
    slot.is_stopped = false;
    died_[slot.number] = now_ns();
    slot.is_done = true;
  }

  void attack(std::uint32_t place, Clock::time_point now) {
    Slot& slot = slots_.at(place);
    if (slot.is_done || !slot.process->is_running()) return;
    const std::uint64_t die = random_() % 100;
    if (die < 50) {
      kill(slot);
      slot.is_done = false;
      run_.attacks.kills += 1;
      start(place, slot.number);
    } else if (die < 70) {
      if (slot.is_stopped) return;
      slot.process->signal(SIGSTOP);
      slot.is_stopped = true;
      slot.goes_on = now + milliseconds(50 + random_() % 250);
      run_.attacks.stops += 1;
    } else if (die < 82) {
      board_->is_to_end.at(place).store(1, std::memory_order_relaxed);
    } else {
      attack_reader(now);
    }
  }

  // One long read at a time. It is stopped a moment after its beginning, and goes on later.
  void attack_reader(Clock::time_point now) {
    if (reader_ && reader_->is_running()) return;
    reader_is_stopped_ = false;
    reader_changes_at_ = now + milliseconds(5 + random_() % 40);
    readers_.push_back(++last_process_);
    reader_.emplace(std::vector<std::string>{kReaderName, folder_, std::to_string(last_process_)});
    run_.attacks.long_reads += 1;
  }

  void attend_reader(Clock::time_point now) {
    if (!reader_ || reader_->ended() || !reader_->is_running() || now < reader_changes_at_) return;
    reader_->signal(reader_is_stopped_ ? SIGCONT : SIGSTOP);
    if (!reader_is_stopped_) run_.attacks.stopped_readers += 1;
    reader_changes_at_ = reader_is_stopped_ ? Clock::time_point::max() : now + milliseconds(50 + random_() % 250);
    reader_is_stopped_ = true;
  }

  void end_reader() {
    if (!reader_) return;
    reader_->signal(SIGCONT);
    if (reader_->is_running() && reader_->wait() != 0) run_.problems.emplace_back("a reading process failed");
    reader_.reset();
  }

  void collect(std::uint32_t final_number) {
    for (std::uint32_t number = 1; number < final_number; ++number) {
      const bool is_reader = std::ranges::find(readers_, number) != readers_.end();
      for (auto& lane : Recorder::read(record_path(folder_, number))) {
        for (Call& call : lane) {
          if (is_reader) {
            check_verify(call);
          } else {
            call.process = number;
            if (call.status == Status::kPending) settle(call);
            check_count(call);
            run_.history.calls.push_back(std::move(call));
          }
        }
      }
    }
    std::ranges::sort(run_.history.calls, begins_before);
    std::vector<std::vector<Call>> lanes = Recorder::read(record_path(folder_, final_number));
    if (lanes.empty()) return run_.problems.push_back("the state in the end was not read");
    for (Call& call : lanes[0]) take_final(call);
  }

  // Its process is dead: from then on it can have no effect any more.
  void settle(Call& call) const {
    const auto died = died_.find(call.process);
    call.status = Status::kUnknown;
    if (died != died_.end()) call.completed = died->second;
  }

  // The checkers may rely on an outcome for each operation.
  void check_count(Call& call) {
    if (!call.is_stored() || call.entries.size() == call.actions.size()) return;
    run_.problems.push_back("not one outcome for each operation: " + describe(call, call.invoked));
    call.status = Status::kUnknown;
    call.text = "another number of outcomes";
  }

  void check_verify(const Call& call) {
    if (call.status == Status::kPending || call.status == Status::kOk) {
      if (!call.text.empty()) run_.problems.push_back("verify: " + call.text);
    } else if (call.error != ErrorCode::kSnapshotExpired) {
      run_.problems.push_back("a long read was refused: " + call.text);
    }
  }

  void take_final(Call& call) {
    if (call.status != Status::kOk) {
      run_.problems.push_back("in the end: " + describe(call, 0));
      return;
    }
    FinalState& state = run_.history.final_states.at(call.user);
    state.rev = std::max(state.rev, call.rev);
    const auto append = [&](std::vector<Entry>& lines) {
      lines.insert(lines.end(), call.entries.begin(), call.entries.end());
    };
    switch (call.ask) {
      case Ask::kVerify:
        return check_verify(call);
      case Ask::kChanges:
        state.changes_asked.insert(state.changes_asked.end(), call.actions.begin(), call.actions.end());
        return append(state.changes);
      case Ask::kEvolution:
        return append(state.evolution);
      case Ask::kFacts:
        return append(state.facts);
      case Ask::kPreferences:
        return append(state.preferences);
      case Ask::kPersonality:
        return append(state.dimensions);
      case Ask::kSessions:
        for (const Entry& line : call.entries) {
          state.sessions.push_back({.session = line.session,
                                    .first_rev = line.session_first,
                                    .turn_count = line.number,
                                    .is_ended = line.flag});
        }
        return;
      case Ask::kSessionTurns:
        // They are read in the order of the list.
        state.sessions.at(next_session_.at(call.user)++).turns = std::move(call.entries);
        return;
      default:
        return;
    }
  }

  RunOrder order_;
  std::string folder_;
  std::mt19937_64 random_;
  SharedBoard board_;
  std::array<Slot, kProcesses> slots_;
  std::optional<Process> reader_;
  bool reader_is_stopped_ = false;
  Clock::time_point reader_changes_at_{};
  std::vector<std::uint32_t> readers_;
  std::uint32_t last_process_ = 0;
  std::unordered_map<std::uint32_t, std::uint64_t> died_;
  std::array<std::size_t, kUsers> next_session_{};
  Run run_;
};

}  // namespace

Run run_on_one_store(const RunOrder& order, const std::function<void(std::uint64_t)>& progress) {
  return Runner(order).run(progress);
}

}  // namespace penny::proof::histories
