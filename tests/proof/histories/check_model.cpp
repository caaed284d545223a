// The replay: the writes are applied to a model in the order of their revs, and every answer that anybody got is compared with
// the model's at the rev where it belongs. A refusal has no rev; it must be the model's answer at one of the revs that the
// store may have had while the call ran.

#include <algorithm>
#include <unordered_map>

#include <fmt/core.h>

#include "proof/histories/checkers.hpp"
#include "proof/histories/model.hpp"
#include "proof/histories/vocabulary.hpp"
#include "proof/histories/writes.hpp"

namespace penny::proof::histories {
namespace {

// Refusals that no state gives cause for, but the caller's own bounds do.
bool is_own_bound(ErrorCode error) {
  return error == ErrorCode::kDeadlineExceeded || error == ErrorCode::kOverloaded ||
         error == ErrorCode::kSnapshotExpired;
}

bool is_of_state(ErrorCode error) {
  return error == ErrorCode::kConflict || error == ErrorCode::kNotFound || error == ErrorCode::kInvalid;
}

// A call that is judged at each of some revs until one explains it.
struct Question {
  const Call* call = nullptr;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool is_explained = false;
};

class Replay {
 public:
  Replay(const History& history, const std::unordered_map<std::uint64_t, const Write*>& write_of, std::uint8_t user,
         Findings& findings)
      : history_(history),
        findings_(findings),
        write_of_(write_of),
        user_(user),
        state_(history.final_states.at(user)),
        origin_(origin_of(history)) {}

  void run() {
    sort_calls();
    look();
    while (model_.rev() < state_.changes.size()) {
      if (!step()) return;  // there is no state to go on from
      look();
    }
    for (; next_read_ < reads_.size(); ++next_read_) contradict_read(*reads_[next_read_], "no state has this rev");
    for (const Question& question : asked_) close(question);
    for (; next_question_ < questions_.size(); ++next_question_) close(questions_[next_question_]);
    compare_final();
  }

 private:
  void sort_calls() {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> begun;  // moment, first rev of a write
    std::vector<std::pair<std::uint64_t, std::uint64_t>> known;  // moment, rev
    std::unordered_map<std::uint64_t, std::uint64_t> rev_of;
    for (const Entry& entry : state_.changes) rev_of.emplace(entry.id, entry.rev);
    for (const Call& call : history_.calls) {
      if (call.user != user_) continue;
      if (call.has_read() && call.rev > 0) known.emplace_back(call.completed, call.rev);
      if (call.is_stored() && !call.entries.empty()) known.emplace_back(call.completed, call.entries.back().rev);
      if (!call.is_write() || call.is_id_reused) continue;
      const auto found = rev_of.find(call.actions.front().id);
      // A later attempt does not tell when the operation came in.
      if (found != rev_of.end() && write_of_.at(found->first)->invoked == call.invoked)
        begun.emplace_back(call.invoked, found->second);
    }
    std::ranges::sort(known);
    std::ranges::sort(begun);
    // For each moment: the highest rev known before it, and the lowest that began after it.
    for (std::size_t i = 1; i < known.size(); ++i) known[i].second = std::max(known[i].second, known[i - 1].second);
    for (std::size_t i = begun.size(); i > 1; --i)
      begun[i - 2].second = std::min(begun[i - 2].second, begun[i - 1].second);

    for (const Call& call : history_.calls) {
      if (call.user != user_) continue;
      if (call.has_read()) {
        reads_.push_back(&call);
        continue;
      }
      if (call.is_write() && call.status == Status::kOk && !call.is_id_reused) continue;
      if (call.status == Status::kPending || call.status == Status::kUnknown) continue;
      if (call.status == Status::kRefused && !is_of_state(call.error)) continue;
      const auto before = std::ranges::lower_bound(known, std::pair(call.invoked, std::uint64_t{0}));
      const auto after = std::ranges::upper_bound(begun, std::pair(call.completed, kNever));
      questions_.push_back({.call = &call,
                            .first = before == known.begin() ? 0 : std::prev(before)->second,
                            .last = after == begun.end() ? state_.changes.size() : after->second - 1});
    }
    std::ranges::sort(reads_, {}, &Call::rev);
    std::ranges::sort(questions_, {}, &Question::first);
  }

  // Applies the write that the next rev belongs to.
  bool step() {
    const std::uint64_t rev = model_.rev() + 1;
    const Entry& line = state_.changes[rev - 1];
    const auto found = write_of_.find(line.id);
    findings_.tested(claim::kOutcomesAgree);
    if (found == write_of_.end()) return disagree(rev, "nobody sent it");
    const Write& write = *found->second;
    const Call& asked = write.asked();
    if (write.id() != line.id) return disagree(rev, "it is not the first of its batch: " + describe(asked, origin_));
    const Judgement judgement = model_.apply(asked);
    if (judgement.refusal) {
      return disagree(rev, fmt::format("the model refuses it with error {}: {}",
                                       static_cast<unsigned>(*judgement.refusal), describe(asked, origin_)));
    }
    if (judgement.is_already_stored) return disagree(rev, "it was stored before: " + describe(asked, origin_));
    for (const Call* attempt : write.attempts) {
      if (!attempt->is_stored()) continue;
      findings_.tested(claim::kOutcomesAgree);
      if (attempt->entries == judgement.entries) continue;
      findings_.contradict(claim::kOutcomesAgree, 1, [&] {
        std::string text = describe(*attempt, origin_) + "; the model:";
        for (const Entry& entry : judgement.entries) text += " [" + describe(entry) + "]";
        return text;
      });
    }
    return true;
  }

  bool disagree(std::uint64_t rev, const std::string& why) {
    findings_.contradict(claim::kOutcomesAgree, 1, [&] {
      return fmt::format("{}, rev {} in the end, {}: {}", user_text(user_), rev, describe(state_.changes[rev - 1]),
                         why);
    });
    return false;
  }

  // Compares everything that belongs to the present rev. Revs within a batch are passed by: nothing may have seen them.
  void look() {
    const std::uint64_t rev = model_.rev();
    for (; next_read_ < reads_.size() && reads_[next_read_]->rev <= rev; ++next_read_) compare(*reads_[next_read_]);
    for (; next_question_ < questions_.size() && questions_[next_question_].first <= rev; ++next_question_)
      asked_.push_back(questions_[next_question_]);
    std::erase_if(asked_, [&](Question& question) {
      if (question.last < rev) {
        close(question);
        return true;
      }
      if (!is_explained(*question.call)) return false;
      findings_.tested(claim::kRefusalsAgree);
      return true;
    });
  }

  bool is_explained(const Call& call) {
    if (!call.is_write()) return call.error == ErrorCode::kNotFound && !model_.read(call);
    const Judgement judgement = model_.judge(call);
    if (call.status == Status::kRefused) return judgement.refusal == call.error;
    return judgement.is_already_stored && judgement.entries == call.entries;
  }

  void close(const Question& question) {
    findings_.contradict(claim::kRefusalsAgree, 1, [&] {
      return fmt::format("between rev {} and {} there is no cause for {}", question.first, question.last,
                         describe(*question.call, origin_));
    });
  }

  void contradict_read(const Call& call, const std::string& why) {
    findings_.contradict(claim::kReadsAgree, 1, [&] { return fmt::format("{}: {}", describe(call, origin_), why); });
  }

  void compare(const Call& call) {
    if (call.ask == Ask::kWatch) return compare_watch(call);
    findings_.tested(claim::kReadsAgree);
    if (call.rev != model_.rev()) return contradict_read(call, "this rev is inside of a batch");
    if (call.ask == Ask::kPromptContext) {
      if (call.text != model_.prompt_context()) contradict_read(call, "the model: \"" + model_.prompt_context() + "\"");
      return;
    }
    const auto expected = model_.read(call);
    if (!expected) return contradict_read(call, "the model has no such session");
    if (call.entries != *expected) return contradict_read(call, first_difference(call.entries, *expected));
    if (call.ask == Ask::kChanges && !is_asked(call.entries, call.actions))
      contradict_read(call, "what was asked is not what the feed says");
  }

  // Gives one line of the feed, which may be inside of a batch. Whether a fact was forgotten meanwhile it need not know.
  void compare_watch(const Call& call) {
    if (call.entries.empty()) return;
    findings_.tested(claim::kWatchesAgree);
    std::vector<Entry> expected = model_.changes(call.since, 1);
    if (!expected.empty() && expected[0].kind == Kind::kRememberFact) expected[0].flag = call.entries[0].flag;
    if (call.entries == expected && is_asked(call.entries, call.actions)) return;
    findings_.contradict(claim::kWatchesAgree, 1,
                         [&] { return describe(call, origin_) + ": " + first_difference(call.entries, expected); });
  }

  static std::string first_difference(const std::vector<Entry>& told, const std::vector<Entry>& expected) {
    const auto [mine, other] = std::ranges::mismatch(told, expected);
    return fmt::format("line {} of {}: [{}], in the model, of {}: [{}]", mine - told.begin(), told.size(),
                       mine == told.end() ? "none" : describe(*mine), expected.size(),
                       other == expected.end() ? "none" : describe(*other));
  }

  // The feed shows what was asked, of a forgotten fact only that it was one.
  [[nodiscard]] bool is_asked(const std::vector<Entry>& lines, const std::vector<Action>& actions) const {
    if (lines.size() != actions.size()) return false;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].rev == 0 || lines[i].rev > model_.rev()) return false;
      Action expected = model_.asked(lines[i].rev);
      expected.if_version = kNoVersion;
      const bool is_forgotten = expected.kind == Kind::kRememberFact && lines[i].flag;
      if (is_forgotten ? actions[i].kind != expected.kind || actions[i].id != expected.id : !(actions[i] == expected))
        return false;
    }
    return true;
  }

  void compare_final() {
    compare_lines("changes", state_.changes, model_.changes(0, state_.changes.size() + 1));
    compare_lines("preferences", state_.preferences, model_.preferences());
    compare_lines("dimensions", state_.dimensions, model_.dimensions());
    compare_lines("evolution", state_.evolution, model_.evolution());
    compare_lines("facts", state_.facts, model_.facts(state_.facts.size() + 1));
    findings_.tested(claim::kStateAgrees);
    if (!is_asked(state_.changes, state_.changes_asked))
      contradict_state("changes", "what was asked is not what the feed says");
    const std::vector<SessionLine> expected = model_.sessions();
    if (expected.size() != state_.sessions.size()) {
      return contradict_state("sessions", fmt::format("{}, in the model {}", state_.sessions.size(), expected.size()));
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const SessionLine& told = state_.sessions[i];
      compare_lines("turns of " + session_text(expected[i].session), told.turns, expected[i].turns);
      if (told.session != expected[i].session || told.first_rev != expected[i].first_rev ||
          told.turn_count != expected[i].turn_count || told.is_ended != expected[i].is_ended)
        contradict_state("sessions", session_text(expected[i].session));
    }
  }

  void compare_lines(std::string_view what, const std::vector<Entry>& told, const std::vector<Entry>& expected) {
    findings_.tested(claim::kStateAgrees);
    if (told != expected) contradict_state(what, first_difference(told, expected));
  }

  void contradict_state(std::string_view what, const std::string& why) {
    findings_.contradict(claim::kStateAgrees, 1,
                         [&] { return fmt::format("{}, {}: {}", user_text(user_), what, why); });
  }

  const History& history_;
  Findings& findings_;
  const std::unordered_map<std::uint64_t, const Write*>& write_of_;
  std::uint8_t user_;
  const FinalState& state_;
  std::uint64_t origin_;
  Model model_;
  std::vector<const Call*> reads_;  // by rev
  std::size_t next_read_ = 0;
  std::vector<Question> questions_;  // by their first rev
  std::size_t next_question_ = 0;
  std::vector<Question> asked_;  // open at the present rev
};

}  // namespace

void check_model(const History& history, Findings& findings) {
  const std::vector<Write> writes = writes_of(history);
  const auto write_of = writes_by_operation(writes);
  for (std::uint8_t user = 0; user < kUsers; ++user) Replay(history, write_of, user, findings).run();
  for (const Call& call : history.calls) {
    if (call.status == Status::kPending) continue;
    findings.tested(claim::kPlainRefusals);
    const bool is_plain = call.status == Status::kOk || is_of_state(call.error) || is_own_bound(call.error);
    // A killed process told its caller nothing.
    const bool is_killed = call.status == Status::kUnknown && call.text.empty();
    if (is_plain || is_killed) continue;
    findings.contradict(claim::kPlainRefusals, 1, [&] { return describe(call, origin_of(history)); });
  }
}

}  // namespace penny::proof::histories
