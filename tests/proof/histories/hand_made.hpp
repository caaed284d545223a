#pragma once

// Histories made by hand for the tests of the checkers: calls in real time, answered as a right store would. A test then
// spoils one thing.

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "proof/histories/checkers.hpp"
#include "proof/histories/model.hpp"
#include "proof/histories/vocabulary.hpp"

namespace penny::proof::histories {

struct Lane {
  std::uint32_t process = 1;
  std::uint32_t thread = 0;
};

inline Action turn(std::uint64_t id, std::uint64_t session = named_session(0, 1)) {
  return {.id = id, .session = session, .kind = Kind::kAppendTurn};
}
inline Action set_tone(std::uint64_t id, std::uint64_t value, std::uint64_t if_version = kNoVersion) {
  return {.id = id,
          .value = whole(value),
          .amount = 0.9,
          .if_version = if_version,
          .kind = Kind::kSetPreference,
          .name = Name::kTone};
}
inline Action adjust(std::uint64_t id, double delta) {
  return {
      .id = id, .amount = delta, .confidence_change = 0.01, .kind = Kind::kAdjustDimension, .name = Name::kFormality};
}
inline Action remember(std::uint64_t id) { return {.id = id, .amount = 0.5, .kind = Kind::kRememberFact}; }
inline Action forget(std::uint64_t id, std::uint64_t fact) {
  return {.id = id, .fact = fact, .kind = Kind::kForgetFact};
}

class HandMade {
 public:
  // From `from` to `to`; takes effect at once, in the order in which this is called.
  Call& write(Lane lane, std::uint64_t from, std::uint64_t to, std::vector<Action> actions, std::uint8_t user = kAnna) {
    Call& call = add(lane, from, to, user);
    call.actions = std::move(actions);
    answer(call);
    return call;
  }

  // Based on an earlier read of the same lane.
  Call& guarded(Lane lane, std::uint64_t from, std::uint64_t to, const Call& basis, std::vector<Action> actions) {
    Call& call = add(lane, from, to, kAnna);
    call.actions = std::move(actions);
    call.guard = Guard{.rev = basis.rev,
                       .based_on = basis.number,
                       .keys = {{.number = basis.session, .what = GuardKey::What::kSession}}};
    answer(call);
    return call;
  }

  Call& read(Lane lane, std::uint64_t from, std::uint64_t to, Ask ask, std::uint8_t user = kAnna,
             std::uint64_t session = named_session(0, 1)) {
    Call& call = add(lane, from, to, user);
    call.ask = ask;
    call.limit = 100;
    call.session = ask == Ask::kSessionTurns ? session : 0;
    Model& model = models_.at(user);
    if (ask == Ask::kPromptContext) call.text = model.prompt_context();
    const auto lines = model.read(call);
    call.status = lines ? Status::kOk : Status::kRefused;
    if (!lines) {
      call.error = ErrorCode::kNotFound;
      return call;
    }
    call.rev = model.rev();
    call.entries = *lines;
    for (const Entry& line : call.entries) {
      if (ask == Ask::kChanges) call.actions.push_back(asked(model, line));
    }
    return call;
  }

  // What comes after `since`, at once.
  Call& watch(Lane lane, std::uint64_t from, std::uint64_t to, std::uint64_t since) {
    Call& call = add(lane, from, to, kAnna);
    const Model& model = models_.at(kAnna);
    call.ask = Ask::kWatch;
    call.since = since;
    call.status = Status::kOk;
    call.entries = model.changes(since, 1);
    if (call.entries.empty()) return call;
    call.rev = call.entries[0].rev;
    call.actions.push_back(asked(model, call.entries[0]));
    return call;
  }

  // Its process is killed at `to`; whether it had its effect is for the caller to say.
  Call& killed(Lane lane, std::uint64_t from, std::uint64_t to, std::vector<Action> actions, bool has_effect) {
    Call& call = add(lane, from, to, kAnna);
    call.actions = std::move(actions);
    call.status = Status::kUnknown;
    if (has_effect) models_.at(kAnna).apply(call);
    return call;
  }

  [[nodiscard]] History finish() {
    History history;
    history.seed = 7;
    history.calls.assign(calls_.begin(), calls_.end());
    std::ranges::sort(history.calls, begins_before);
    for (std::uint8_t user = 0; user < kUsers; ++user) {
      const Model& model = models_.at(user);
      FinalState& state = history.final_states.at(user);
      state.rev = model.rev();
      state.changes = model.changes(0, model.rev());
      for (const Entry& line : state.changes) state.changes_asked.push_back(asked(model, line));
      state.preferences = model.preferences();
      state.dimensions = model.dimensions();
      state.evolution = model.evolution();
      state.facts = model.facts(1000);
      state.sessions = model.sessions();
    }
    return history;
  }

 private:
  Call& add(Lane lane, std::uint64_t from, std::uint64_t to, std::uint8_t user) {
    Call& call = calls_.emplace_back();
    call.process = lane.process;
    call.thread = lane.thread;
    call.number = numbers_.at(lane.process).at(lane.thread)++;
    call.invoked = from;
    call.completed = to;
    call.user = user;
    return call;
  }

  void answer(Call& call) {
    const Judgement judgement = models_.at(call.user).apply(call);
    call.status = judgement.refusal ? Status::kRefused : Status::kOk;
    if (judgement.refusal) call.error = *judgement.refusal;
    call.is_already_stored = judgement.is_already_stored;
    call.entries = judgement.entries;
  }

  static Action asked(const Model& model, const Entry& line) {
    Action action = model.asked(line.rev);
    action.if_version = kNoVersion;
    if (action.kind == Kind::kRememberFact && line.flag) return {.id = action.id, .kind = action.kind};
    return action;
  }

  std::deque<Call> calls_;  // the models keep references to their actions
  std::array<Model, kUsers> models_;
  std::array<std::array<std::uint32_t, 8>, 8> numbers_{};
};

// The call that carries the operation, or, for reads, the `n`th call.
inline Call& call_with(History& history, std::uint64_t id) {
  for (Call& call : history.calls) {
    if (call.is_write() && call.actions.front().id == id) return call;
  }
  throw std::runtime_error("no such call");
}

inline Findings findings_of(const History& history) {
  Findings findings;
  check_set(history, findings);
  check_sequence(history, findings);
  check_model(history, findings);
  check_lists(history, findings);
  (void)check_linear(history, findings);
  check_evolution(history, findings);
  check_guarantees(history, findings);
  return findings;
}

// The claims that are contradicted.
inline std::set<std::string> red(const History& history) {
  std::set<std::string> found;
  const Findings findings = findings_of(history);
  for (const auto& [text, claim] : findings.claims()) {
    if (claim.contradicted > 0) found.insert(text);
  }
  return found;
}

inline std::set<std::string> claims(std::initializer_list<std::string_view> texts) {
  return {texts.begin(), texts.end()};
}

}  // namespace penny::proof::histories
