// The sweep by rev: in real time, revs only grow. Everything that somebody was told before a call began, an outcome or a read's
// rev, must lie below the call's own rev.

#include <algorithm>
#include <unordered_map>

#include <fmt/core.h>

#include "proof/histories/checkers.hpp"
#include "proof/histories/vocabulary.hpp"
#include "proof/histories/writes.hpp"

namespace penny::proof::histories {
namespace {

struct Moment {
  std::uint64_t at = 0;
  std::uint64_t rev = 0;
  const Call* call = nullptr;
};

class SequenceCheck {
 public:
  SequenceCheck(const History& history, Findings& findings)
      : history_(history), findings_(findings), origin_(origin_of(history)), writes_(writes_of(history)) {}

  void run() {
    for (std::uint8_t user = 0; user < kUsers; ++user) {
      check_final(user);
      sweep(user);
    }
    for (const Write& write : writes_) check_attempts(write);
  }

 private:
  void check_final(std::uint8_t user) {
    const FinalState& state = history_.final_states.at(user);
    std::uint64_t expected = 1;
    for (const Entry& entry : state.changes) {
      findings_.tested(claim::kNoGap);
      if (entry.rev != expected) {
        findings_.contradict(claim::kNoGap, 1, [&] {
          return fmt::format("{} in the end: rev {} stands where {} should", user_text(user), entry.rev, expected);
        });
      }
      expected = entry.rev + 1;
      rev_of_.emplace(entry.id, entry.rev);
    }
    findings_.tested(claim::kNoGap);
    if (state.rev + 1 != expected) {
      findings_.contradict(claim::kNoGap, 1, [&] {
        return fmt::format("{} in the end: the last line has rev {}, the state rev {}", user_text(user), expected - 1,
                           state.rev);
      });
    }
  }

  void sweep(std::uint8_t user) {
    std::vector<Moment> known;
    std::vector<Moment> begun;  // `rev`: of a write its first
    for (const Call& call : history_.calls) {
      if (call.user != user || call.is_id_reused) continue;
      const bool is_watch = call.ask == Ask::kWatch;
      if (call.has_read() && call.rev > 0) {
        known.push_back({call.completed, call.rev, &call});
        if (!is_watch) begun.push_back({call.invoked, call.rev, &call});
      }
      // A watch that gave nothing says that there was nothing after `since`.
      if (is_watch && call.has_read() && call.rev == 0) begun.push_back({call.invoked, call.since, &call});
      if (call.is_stored()) known.push_back({call.completed, call.entries.back().rev, &call});
    }
    for (const Write& write : writes_) {
      if (write.asked().user != user || write.is_refused()) continue;
      // What has no answer may be there all the same, and then has its place as well.
      const auto found = rev_of_.find(write.id());
      const bool is_known = write.is_acknowledged() || found != rev_of_.end();
      if (!is_known) continue;
      const std::uint64_t rev = write.is_acknowledged() ? write.answer->entries.front().rev : found->second;
      begun.push_back({write.invoked, rev, write.is_acknowledged() ? write.answer : &write.asked()});
    }
    std::ranges::sort(known, {}, &Moment::at);
    std::ranges::sort(begun, {}, &Moment::at);
    const Moment* latest = nullptr;
    auto next = known.begin();
    for (const Moment& call : begun) {
      for (; next != known.end() && next->at < call.at; ++next) {
        if (latest == nullptr || next->rev > latest->rev) latest = &*next;
      }
      const bool is_write = call.call->is_write();
      const std::string_view claim = is_write ? claim::kWritesInOrder : claim::kReadsInOrder;
      findings_.tested(claim);
      if (latest == nullptr || call.rev > latest->rev || (!is_write && call.rev == latest->rev)) continue;
      findings_.contradict(claim, 2, [&] {
        return fmt::format("rev {} was told by {}; then rev {} by {}", latest->rev, describe(*latest->call, origin_),
                           call.rev, describe(*call.call, origin_));
      });
    }
  }

  void check_attempts(const Write& write) {
    const Entry* first = nullptr;
    for (const Call* attempt : write.attempts) {
      if (!attempt->is_stored()) continue;
      const auto& entries = attempt->entries;
      for (std::size_t i = 1; i < entries.size(); ++i) {
        findings_.tested(claim::kNoGap);
        if (entries[i].rev == entries[i - 1].rev + 1) continue;
        findings_.contradict(claim::kNoGap, 1, [&] { return "in a batch: " + describe(*attempt, origin_); });
      }
      for (const Entry& entry : entries) {
        findings_.tested(claim::kOneRev);
        const auto found = rev_of_.find(entry.id);
        if (found != rev_of_.end() && found->second != entry.rev) {
          findings_.contradict(claim::kOneRev, 1, [&] {
            return fmt::format("operation {} has rev {} in the end: {}", entry.id, found->second,
                               describe(*attempt, origin_));
          });
        }
        const auto [owner, is_new] = owner_of_[write.asked().user].emplace(entry.rev, entry.id);
        if (!is_new && owner->second != entry.id) {
          findings_.contradict(claim::kOneRev, 1, [&] {
            return fmt::format("rev {} is operation {}, too: {}", entry.rev, owner->second,
                               describe(*attempt, origin_));
          });
        }
      }
      if (first != nullptr && first->rev != entries.front().rev) {
        findings_.contradict(claim::kOneRev, 2, [&] {
          return fmt::format("another attempt was told rev {}: {}", first->rev, describe(*attempt, origin_));
        });
      }
      first = &entries.front();
    }
  }

  const History& history_;
  Findings& findings_;
  std::uint64_t origin_;
  std::vector<Write> writes_;
  std::unordered_map<std::uint64_t, std::uint64_t> rev_of_;  // in the final state
  std::array<std::unordered_map<std::uint64_t, std::uint64_t>, kUsers> owner_of_;
};

}  // namespace

void check_sequence(const History& history, Findings& findings) { SequenceCheck(history, findings).run(); }

}  // namespace penny::proof::histories
