#include "proof/histories/workload.hpp"

#include <algorithm>
#include <utility>

#include "proof/histories/vocabulary.hpp"

namespace penny::proof::histories {
namespace {

constexpr std::uint64_t kCallsOfEpoch = 256;  // then anna begins new lists: a list is read whole, so it must stay short
constexpr std::uint32_t kWholeList = 400;
constexpr std::uint32_t kFactsPage = 100;
constexpr std::size_t kFactsMax = 30;
constexpr std::size_t kStoredMax = 24;

Name dimension_of(std::uint8_t user) { return user == kAnna ? Name::kFormality : Name::kHumor; }

}  // namespace

const std::vector<Workload::Choice>& Workload::choices() {
  static const std::vector<Choice> all{
      {17, &Workload::append},
      {2, &Workload::append_in_a_hurry},
      {10, &Workload::batch},
      {4, &Workload::two_lists},
      {2, &Workload::batch_that_may_fail},
      {6, &Workload::guarded},
      {2, &Workload::guarded_preference},
      {5, &Workload::compare_and_set_preference},
      {4, &Workload::compare_and_set_dimension},
      {3, &Workload::set_preference},
      {4, &Workload::observe_preference},
      {7, &Workload::adjust_dimension},
      {4, &Workload::observe_dimension},
      {3, &Workload::set_dimension},
      {4, &Workload::remember},
      {4, &Workload::forget},
      {1, &Workload::end_session},
      {4, &Workload::retry},
      {1, &Workload::reuse_id},
      {6, &Workload::read_last_turns},
      {9, &Workload::read_session},
      {6, &Workload::read_preferences},
      {6, &Workload::read_personality},
      {2, &Workload::read_evolution},
      {5, &Workload::read_facts},
      {4, &Workload::read_changes},
      {3, &Workload::read_prompt_context},
      {2, &Workload::read_sessions},
      {3, &Workload::watch},
  };
  return all;
}

Call Workload::next() {
  if (planned_) return std::exchange(planned_, nullptr)();
  static const std::uint64_t kTotal = [] {
    std::uint64_t total = 0;
    for (const Choice& choice : choices()) total += choice.weight;
    return total;
  }();
  std::uint64_t left = below(kTotal);
  for (const Choice& choice : choices()) {
    if (left < choice.weight) return (this->*choice.make)();
    left -= choice.weight;
  }
  return append();
}

void Workload::learn(const Call& call) {
  last_ = call;
  if (call.status != Status::kOk) return;
  Known& known = known_.at(call.user);
  known.rev = std::max(known.rev, call.rev);
  if (call.ask == Ask::kSessions) return;
  for (std::size_t i = 0; i < call.entries.size(); ++i) {
    const Entry& entry = call.entries[i];
    if (entry.kind == Kind::kAppendTurn) known.session = entry.session;
    const Name name = call.is_write() ? call.actions[i].name : entry.name;
    if (call.ask == Ask::kEvolution || call.is_already_stored) continue;
    if (name == Name::kTone) known.tone_version = entry.version;
    if (name == dimension_of(call.user)) known.dimension_version = entry.version;
  }
  if (call.ask == Ask::kFacts) {
    known.facts.clear();
    for (const Entry& entry : call.entries) known.facts.push_back(entry.id);
  }
  if (!call.is_write() || call.is_id_reused) return;
  known.rev = std::max(known.rev, call.entries.back().rev);
  for (const Action& done : call.actions) {
    if (done.kind == Kind::kRememberFact) known.facts.push_back(done.id);
  }
  stored_.push_back(call);
  if (stored_.size() > kStoredMax) stored_.pop_front();
}

std::uint64_t Workload::list(unsigned which, std::uint64_t epochs_ago) const {
  const std::uint64_t epoch = board_.calls.load(std::memory_order_relaxed) / kCallsOfEpoch + 1;
  return named_session(which, epoch > epochs_ago ? epoch - epochs_ago : epoch);
}

Action Workload::action(Kind kind, Name name) {
  Action made;
  made.id = board_.next_number();
  made.kind = kind;
  made.name = name;
  return made;
}

Action Workload::a_turn(std::uint8_t user) {
  Action turn = action(Kind::kAppendTurn);
  if (user == kAnna && below(10) > 0) turn.session = list(static_cast<unsigned>(below(2)));
  return turn;
}

Action Workload::a_preference(Kind kind) {
  Action made = action(kind, Name::kTone);
  if (kind == Kind::kSetPreference) {
    // Often a value that nobody else sets.
    made.value = whole(below(2) == 0 ? made.id + 10 : 1 + below(3));
    made.amount = one_of({0.2, 0.4, 0.55, 0.7, 0.9, 1.0});
  } else {
    made.value = whole(1 + below(3));
    made.amount = one_of({0.05, 0.1, 0.15, 0.35, 0.6});
  }
  return made;
}

Action Workload::a_dimension(std::uint8_t user, Kind kind) {
  Action made = action(kind, dimension_of(user));
  if (kind == Kind::kAdjustDimension) {
    made.amount = one_of({0.01, -0.01, 0.05, -0.05, 0.13, -0.2});
  } else {
    made.value = user == kAnna ? real(one_of({0.0, 0.25, 0.5, 0.7, 1.0})) : option(below(6));
    if (kind == Kind::kObserveDimension) made.amount = one_of({0.3, 0.5, 0.6, 1.0});
  }
  if (kind != Kind::kObserveDimension) made.confidence_change = one_of({0.0, 0.01, -0.02, 0.05, -0.3});
  return made;
}

Call Workload::write_of(std::uint8_t user, std::vector<Action> actions) {
  Call call;
  call.user = user;
  call.actions = std::move(actions);
  return call;
}

Call Workload::read_of(std::uint8_t user, Ask ask, std::uint32_t limit) {
  Call call;
  call.user = user;
  call.ask = ask;
  call.limit = limit;
  return call;
}

Call Workload::after(Call first, std::function<Call()> then) {
  planned_ = std::move(then);
  return first;
}

Call Workload::append() {
  const std::uint8_t user = any_user();
  return write_of(user, {a_turn(user)});
}

Call Workload::append_in_a_hurry() {
  Call call = append();
  call.deadline = 1 + static_cast<std::uint32_t>(below(6));
  return call;
}

Call Workload::batch() {
  const std::uint8_t user = any_user();
  const Kind preference = below(2) == 0 ? Kind::kSetPreference : Kind::kObservePreference;
  const Kind dimension = user == kAnna && below(2) == 0 ? Kind::kAdjustDimension : Kind::kObserveDimension;
  return write_of(user, {a_turn(user), a_preference(preference), a_dimension(user, dimension)});
}

Call Workload::two_lists() {
  std::vector<Action> turns;
  for (const unsigned which : {0U, 1U, 0U}) {
    turns.push_back(action(Kind::kAppendTurn));
    turns.back().session = list(which);
  }
  if (below(2) == 0) turns.pop_back();
  return write_of(kAnna, std::move(turns));
}

// Its last operation is refused if the fact is gone, and then nothing of it may be there.
Call Workload::batch_that_may_fail() {
  const auto& facts = known_.at(kBen).facts;
  if (facts.empty()) return read_facts();
  Action forgetting = action(Kind::kForgetFact);
  forgetting.fact = facts[below(facts.size())];
  Action fact = action(Kind::kRememberFact);
  fact.amount = 0.5;
  return write_of(kBen, {a_turn(kBen), a_preference(Kind::kObservePreference), fact, forgetting});
}

// Looks at one list, or at both in one snapshot, and writes to one or both only if nothing came in between.
Call Workload::guarded() {
  const auto which = static_cast<unsigned>(below(2));
  const bool both = below(2) == 0;
  Call first = both ? read_of(kAnna, Ask::kLastTurns, 120) : read_of(kAnna, Ask::kSessionTurns, kWholeList);
  const std::uint64_t mine = list(which);
  const std::uint64_t other = list(1 - which);
  if (!both) first.session = mine;
  return after(std::move(first), [this, both, mine, other] {
    std::vector<Action> turns{action(Kind::kAppendTurn)};
    turns[0].session = mine;
    if (both && below(3) == 0) {
      turns.push_back(action(Kind::kAppendTurn));
      turns[1].session = other;
    }
    Call call = write_of(kAnna, std::move(turns));
    call.guard =
        Guard{.rev = last_.rev, .based_on = last_.number, .keys = {{.number = mine, .what = GuardKey::What::kSession}}};
    if (both) call.guard->keys.push_back({.number = other, .what = GuardKey::What::kSession});
    return call;
  });
}

Call Workload::guarded_preference() {
  const std::uint8_t user = any_user();
  return after(read_of(user, Ask::kPreferences, 1000), [this, user] {
    Call call = write_of(user, {a_turn(user), a_preference(Kind::kSetPreference)});
    call.guard = Guard{.rev = last_.rev,
                       .based_on = last_.number,
                       .keys = {{.what = GuardKey::What::kPreference, .name = Name::kTone},
                                {.what = GuardKey::What::kDimension, .name = dimension_of(user)}}};
    return call;
  });
}

Call Workload::compare_and_set_preference() {
  const std::uint8_t user = any_user();
  const auto set = [this, user] {
    Action made = a_preference(below(4) == 0 ? Kind::kObservePreference : Kind::kSetPreference);
    made.if_version = known_.at(user).tone_version;
    return write_of(user, {made});
  };
  return below(4) == 0 ? set() : after(read_of(user, Ask::kPreferences, 1000), set);
}

Call Workload::compare_and_set_dimension() {
  const std::uint8_t user = any_user();
  const auto set = [this, user] {
    Action made = a_dimension(user, below(4) == 0 ? Kind::kObserveDimension : Kind::kSetDimension);
    made.if_version = known_.at(user).dimension_version;
    return write_of(user, {made});
  };
  return below(4) == 0 ? set() : after(read_of(user, Ask::kPersonality, 1000), set);
}

Call Workload::set_preference() { return write_of(any_user(), {a_preference(Kind::kSetPreference)}); }
Call Workload::observe_preference() { return write_of(any_user(), {a_preference(Kind::kObservePreference)}); }

Call Workload::adjust_dimension() {
  // Ben's is categorical, and refuses.
  const std::uint8_t user = below(40) == 0 ? kBen : kAnna;
  return write_of(user, {a_dimension(user, Kind::kAdjustDimension)});
}

Call Workload::observe_dimension() {
  const std::uint8_t user = any_user();
  return write_of(user, {a_dimension(user, Kind::kObserveDimension)});
}

Call Workload::set_dimension() {
  const std::uint8_t user = any_user();
  return write_of(user, {a_dimension(user, Kind::kSetDimension)});
}

Call Workload::remember() {
  if (known_.at(kBen).facts.size() > kFactsMax) return forget();
  Action fact = action(Kind::kRememberFact);
  fact.amount = one_of({0.25, 0.5, 1.0});
  return write_of(kBen, {fact});
}

Call Workload::forget() {
  auto& facts = known_.at(kBen).facts;
  if (facts.empty()) return read_facts();
  const std::size_t which = below(3) == 0 ? 0 : below(facts.size());
  Action forgetting = action(Kind::kForgetFact);
  forgetting.fact = facts[which];
  if (below(4) == 0) forgetting.if_version = 1 + below(2);
  // Now and then it is tried again.
  if (below(8) > 0) facts.erase(facts.begin() + static_cast<std::ptrdiff_t>(which));
  return write_of(kBen, {forgetting});
}

Call Workload::end_session() {
  const std::uint8_t user = any_user();
  Action end = action(Kind::kEndSession);
  if (user == kAnna) end.session = list(static_cast<unsigned>(below(2)), below(4) == 0 ? 0 : 1);
  return write_of(user, {end});
}

// What was acknowledged long ago, as a caller does that did not hear the answer.
Call Workload::retry() {
  if (stored_.empty()) return append();
  Call call = stored_[below(stored_.size())];
  call.entries.clear();
  call.deadline = 0;
  call.status = Status::kPending;
  call.is_already_stored = false;
  return call;
}

Call Workload::reuse_id() {
  const auto single = std::ranges::find_if(
      stored_, [](const Call& call) { return call.actions.size() == 1 && call.actions[0].kind != Kind::kForgetFact; });
  if (single == stored_.end()) return append();
  Action other = a_preference(Kind::kSetPreference);
  other.id = single->actions[0].id;
  other.value = whole(4);
  Call call = write_of(single->user, {other});
  call.is_id_reused = true;
  return call;
}

Call Workload::read_last_turns() { return read_of(any_user(), Ask::kLastTurns, below(3) == 0 ? 60 : 10); }

Call Workload::read_session() {
  const std::uint8_t user = any_user();
  Call call = read_of(user, Ask::kSessionTurns, kWholeList);
  call.session = user == kBen ? known_.at(kBen).session : list(static_cast<unsigned>(below(2)), below(6) == 0 ? 1 : 0);
  return call.session == 0 ? read_last_turns() : call;
}

Call Workload::read_preferences() { return read_of(any_user(), Ask::kPreferences, 1000); }
Call Workload::read_personality() { return read_of(any_user(), Ask::kPersonality, 1000); }

Call Workload::read_evolution() {
  const std::uint8_t user = any_user();
  Call call = read_of(user, Ask::kEvolution, 40);
  call.since = known_.at(user).rev - std::min<std::uint64_t>(known_.at(user).rev, below(60));
  return call;
}

Call Workload::read_facts() { return read_of(kBen, Ask::kFacts, kFactsPage); }

Call Workload::read_changes() {
  const std::uint8_t user = any_user();
  Call call = read_of(user, Ask::kChanges, 30);
  call.since = known_.at(user).rev - std::min<std::uint64_t>(known_.at(user).rev, below(40));
  return call;
}

Call Workload::read_sessions() {
  const std::uint8_t user = any_user();
  Call call = read_of(user, Ask::kSessions, 10);
  call.since = known_.at(user).rev - std::min<std::uint64_t>(known_.at(user).rev, below(400));
  return call;
}

// Mostly from the latest that it knows, and then it waits for another process or thread.
Call Workload::watch() {
  const std::uint8_t user = any_user();
  Call call = read_of(user, Ask::kWatch, 1);
  call.since = known_.at(user).rev - std::min<std::uint64_t>(known_.at(user).rev, below(3));
  call.deadline = 5 + static_cast<std::uint32_t>(below(25));
  return call;
}

Call Workload::read_prompt_context() { return read_of(any_user(), Ask::kPromptContext, 0); }

}  // namespace penny::proof::histories
