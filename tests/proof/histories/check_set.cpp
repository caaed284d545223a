// Set-full: what was acknowledged is there, once; what was refused is not; what has no answer is there or not, whole; and
// everything that was acknowledged is seen by whoever reads afterwards.

#include <algorithm>
#include <array>
#include <unordered_map>

#include <fmt/core.h>

#include "proof/histories/checkers.hpp"
#include "proof/histories/vocabulary.hpp"
#include "proof/histories/writes.hpp"

namespace penny::proof::histories {
namespace {

class SetCheck {
 public:
  SetCheck(const History& history, Findings& findings)
      : history_(history),
        findings_(findings),
        origin_(origin_of(history)),
        writes_(writes_of(history)),
        write_of_(writes_by_operation(writes_)) {}

  void run() {
    count_final_state();
    for (const Write& write : writes_) check_presence(write);
    for (const Write& write : writes_) check_attempts(write);
    collect_turns();
    collect_facts();
    for (const Call& call : history_.calls) {
      if (call.ask == Ask::kSessionTurns) check_session(call);
      if (call.ask == Ask::kFacts && call.has_read()) check_facts(call);
      if (call.has_read()) check_origin(call);
    }
  }

 private:
  struct Known {
    std::uint64_t acknowledged = 0;
    std::uint64_t id = 0;
    const Call* answer = nullptr;
  };
  struct FactLife {
    std::uint64_t forget_begun = kNever;  // the first attempt
    std::uint64_t forgotten = kNever;     // acknowledged
    const Call* forget = nullptr;
  };

  void check_once(const std::vector<Entry>& entries, std::string_view where) {
    std::unordered_map<std::uint64_t, std::uint64_t> times;
    for (const Entry& entry : entries) {
      findings_.tested(claim::kNothingDoubled);
      if (++times[entry.id] == 2) {
        findings_.contradict(claim::kNothingDoubled, 1,
                             [&] { return fmt::format("{}: twice {}", where, describe(entry)); });
      }
      check_known(entry, where);
    }
  }

  void check_known(const Entry& entry, std::string_view where) {
    findings_.tested(claim::kNothingForeign);
    const auto found = write_of_.find(entry.id);
    if (found == write_of_.end()) {
      findings_.contradict(claim::kNothingForeign, 1, [&] { return fmt::format("{}: {}", where, describe(entry)); });
    } else if (found->second->is_refused()) {
      findings_.contradict(claim::kRefusedIsAbsent, 2, [&] {
        return fmt::format("{}: {} though {}", where, describe(entry), describe(found->second->asked(), origin_));
      });
    }
  }

  void count_final_state() {
    for (std::uint8_t user = 0; user < kUsers; ++user) {
      const FinalState& state = history_.final_states.at(user);
      check_once(state.changes, fmt::format("changes of {} in the end", user_text(user)));
      check_once(state.facts, fmt::format("facts of {} in the end", user_text(user)));
      for (const Entry& entry : state.changes) times_[entry.id] += 1;
      std::vector<Entry> turns;
      for (const SessionLine& session : state.sessions)
        turns.insert(turns.end(), session.turns.begin(), session.turns.end());
      check_once(turns, fmt::format("sessions of {} in the end", user_text(user)));
      for (const Entry& entry : turns) turn_times_[entry.id] += 1;
    }
  }

  [[nodiscard]] bool is_there(const Action& action) const {
    return times_.contains(action.id) && (action.kind != Kind::kAppendTurn || turn_times_.contains(action.id));
  }

  void check_presence(const Write& write) {
    const auto& actions = write.asked().actions;
    const auto present = std::ranges::count_if(actions, [&](const Action& action) { return is_there(action); });
    if (write.is_acknowledged()) {
      findings_.tested(claim::kNothingLost, actions.size());
      if (present != std::ssize(actions)) {
        findings_.contradict(claim::kNothingLost, 1, [&] {
          return fmt::format("{} of {} operations are there of {}", present, actions.size(),
                             describe(*write.answer, origin_));
        });
      }
    }
    if (actions.size() > 1) findings_.tested(claim::kAllOrNothing);
    if (present != 0 && present != std::ssize(actions)) {
      findings_.contradict(claim::kAllOrNothing, 1, [&] {
        return fmt::format("{} of {} operations are there of {}", present, actions.size(),
                           describe(write.asked(), origin_));
      });
    }
    if (write.is_refused()) {
      findings_.tested(claim::kRefusedIsAbsent);
      if (present > 0) {
        findings_.contradict(claim::kRefusedIsAbsent, 1, [&] {
          return fmt::format("{} operations are there of {}", present, describe(write.asked(), origin_));
        });
      }
    }
  }

  void check_attempts(const Write& write) {
    if (!write.is_acknowledged()) return;
    findings_.tested(claim::kOneStoring);
    const Call* storing = nullptr;
    for (const Call* attempt : write.attempts) {
      if (!attempt->is_stored() || attempt->is_already_stored) continue;
      if (storing != nullptr) {
        findings_.contradict(claim::kOneStoring, 2, [&] {
          return fmt::format("two store: {}; and {}", describe(*storing, origin_), describe(*attempt, origin_));
        });
      }
      storing = attempt;
    }
    // One that was stored before must have been stored by another attempt, which began before this one ended.
    const Call& answer = *write.answer;
    const bool has_cause = !answer.is_already_stored || std::ranges::any_of(write.attempts, [&](const Call* other) {
      return other != &answer && other->status != Status::kRefused && other->invoked < answer.completed;
    });
    if (!has_cause) {
      findings_.contradict(claim::kOneStoring, 1,
                           [&] { return fmt::format("nothing stored it before: {}", describe(answer, origin_)); });
    }
  }

  // The turns of each session, by the moment at which they were acknowledged.
  void collect_turns() {
    for (const Write& write : writes_) {
      if (!write.is_acknowledged()) continue;
      for (const Entry& entry : write.answer->entries) {
        if (entry.kind != Kind::kAppendTurn) continue;
        turns_[write.asked().user][entry.session].push_back({write.acknowledged, entry.id, write.answer});
      }
    }
    for (auto& sessions : turns_) {
      for (auto& [session, known] : sessions) std::ranges::sort(known, {}, &Known::acknowledged);
    }
  }

  void check_session(const Call& call) {
    const bool is_absent = call.status == Status::kRefused && call.error == ErrorCode::kNotFound;
    if (!call.has_read() && !is_absent) return;
    if (call.entries.size() >= call.limit) return;
    std::vector<std::uint64_t> seen;
    for (const Entry& entry : call.entries) seen.push_back(entry.id);
    std::ranges::sort(seen);
    findings_.tested(claim::kSeenAtOnce);
    const auto found = turns_.at(call.user).find(call.session);
    if (found == turns_.at(call.user).end()) return;
    for (const Known& known : found->second) {
      if (known.acknowledged >= call.invoked) break;
      if (!std::ranges::binary_search(seen, known.id)) return miss(call, *known.answer);
    }
  }

  void collect_facts() {
    for (const Write& write : writes_) {
      for (const Action& action : write.asked().actions) {
        if (action.kind == Kind::kRememberFact && write.is_acknowledged()) {
          facts_.try_emplace(action.id);
          remembered_.push_back({write.acknowledged, action.id, write.answer});
        } else if (action.kind == Kind::kForgetFact && !write.is_refused()) {
          FactLife& life = facts_[action.fact];
          life.forget_begun = std::min(life.forget_begun, write.invoked);
          if (write.acknowledged < life.forgotten) {
            life.forgotten = write.acknowledged;
            life.forget = write.answer;
          }
        }
      }
    }
    std::ranges::sort(remembered_, {}, &Known::acknowledged);
  }

  void check_facts(const Call& call) {
    if (call.user != kBen) return;
    findings_.tested(claim::kSeenAtOnce);
    std::vector<std::uint64_t> seen;
    for (const Entry& entry : call.entries) {
      seen.push_back(entry.id);
      const auto life = facts_.find(entry.id);
      if (life != facts_.end() && life->second.forgotten < call.invoked) return miss(call, *life->second.forget);
    }
    if (call.entries.size() >= call.limit) return;
    std::ranges::sort(seen);
    // Later reads begin later: what began to be forgotten before this one need not be looked at again.
    for (; next_ < remembered_.size() && remembered_[next_].acknowledged < call.invoked; ++next_)
      alive_.push_back(remembered_[next_]);
    std::erase_if(alive_, [&](const Known& known) { return facts_.at(known.id).forget_begun < call.invoked; });
    for (const Known& known : alive_) {
      const bool may_be_gone = facts_.at(known.id).forget_begun < call.completed;
      if (!may_be_gone && !std::ranges::binary_search(seen, known.id)) return miss(call, *known.answer);
    }
  }

  void miss(const Call& read, const Call& write) {
    findings_.contradict(claim::kSeenAtOnce, 2, [&] {
      return fmt::format("{} ended before {} began, which does not show it", describe(write, origin_),
                         describe(read, origin_));
    });
  }

  // Turns and facts of every read are the workload's.
  void check_origin(const Call& call) {
    if (call.ask == Ask::kLastTurns || call.ask == Ask::kSessionTurns || call.ask == Ask::kFacts) {
      check_once(call.entries, "a read");
    }
  }

  const History& history_;
  Findings& findings_;
  std::uint64_t origin_;
  std::vector<Write> writes_;
  std::unordered_map<std::uint64_t, const Write*> write_of_;
  std::unordered_map<std::uint64_t, std::uint64_t> times_;       // in the feeds
  std::unordered_map<std::uint64_t, std::uint64_t> turn_times_;  // in the sessions
  std::array<std::unordered_map<std::uint64_t, std::vector<Known>>, kUsers> turns_;
  std::unordered_map<std::uint64_t, FactLife> facts_;
  std::vector<Known> remembered_;
  std::size_t next_ = 0;
  std::vector<Known> alive_;  // acknowledged, and nobody began to forget it
};

}  // namespace

void check_set(const History& history, Findings& findings) { SetCheck(history, findings).run(); }

}  // namespace penny::proof::histories
