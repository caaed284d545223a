#include "proof/histories/model.hpp"

#include <algorithm>

#include "proof/histories/vocabulary.hpp"

namespace penny::proof::histories {
namespace {

bool is_same_payload(const Action& first, const Action& second) {
  Action other = second;
  other.if_version = first.if_version;
  return first == other;
}

}  // namespace

Judgement Model::apply(const Call& write) {
  mark_ = Mark{.changes = changes_.size(),
               .evolution = evolution_.size(),
               .last_turn = last_turn_,
               .last_session = last_session_};
  if (auto known = answer_retry(write)) return *known;
  for (const Action& action : write.actions) {
    if (action.if_version != kNoVersion && version_of(action) != action.if_version)
      return {.refusal = ErrorCode::kConflict};
  }
  if (write.guard) {
    for (const GuardKey& key : write.guard->keys) {
      if (is_changed(key, write.guard->rev)) return {.refusal = ErrorCode::kConflict};
    }
  }
  Judgement judgement;
  const std::uint64_t first = rev() + 1;
  for (const Action& action : write.actions) {
    const Told told = apply_one(action);
    if (const auto* refusal = std::get_if<ErrorCode>(&told)) {
      take_back();
      return {.refusal = *refusal};
    }
    const Entry& entry = std::get<Entry>(told);
    rev_of_[action.id] = entry.rev;
    changes_.push_back({.asked = &action, .told = entry, .batch_first = first, .batch_size = write.actions.size()});
    turn_before_.push_back(last_turn_);
    judgement.entries.push_back(entry);
  }
  return judgement;
}

Judgement Model::judge(const Call& write) {
  Judgement judgement = apply(write);
  take_back();
  return judgement;
}

void Model::take_back() {
  for (const auto& [name, state] : mark_.preferences) {
    if (state) {
      preferences_[name] = *state;
    } else {
      preferences_.erase(name);
    }
  }
  for (const auto& [name, state] : mark_.dimensions) dimensions_[name] = state;
  for (auto& [session, state] : mark_.sessions) {
    if (state) {
      sessions_[session] = std::move(*state);
    } else {
      begun_.erase(sessions_.at(session).first_rev);
      sessions_.erase(session);
    }
  }
  for (const auto& [fact, state] : mark_.facts) {
    const std::uint64_t first_rev = facts_.at(fact).first_rev;
    remembered_.erase(first_rev);
    if (state) {
      facts_[fact] = *state;
      if (state->is_remembered) remembered_[first_rev] = fact;
    } else {
      facts_.erase(fact);
    }
  }
  while (changes_.size() > mark_.changes) {
    rev_of_.erase(changes_.back().asked->id);
    changes_.pop_back();
    turn_before_.pop_back();
  }
  evolution_.resize(mark_.evolution);
  last_turn_ = mark_.last_turn;
  last_session_ = mark_.last_session;
  mark_ = Mark{.changes = changes_.size(),
               .evolution = evolution_.size(),
               .last_turn = last_turn_,
               .last_session = last_session_};
}

// Nothing: none of its ids is known.
std::optional<Judgement> Model::answer_retry(const Call& write) const {
  Judgement judgement{.is_already_stored = true};
  std::size_t known = 0;
  std::uint64_t batch_first = 0;
  for (const Action& action : write.actions) {
    const auto found = rev_of_.find(action.id);
    if (found == rev_of_.end()) continue;
    known += 1;
    const Stored& stored = changes_[found->second - 1];
    const auto fact = facts_.find(action.id);
    const bool is_forgotten = fact != facts_.end() && !fact->second.is_remembered;
    if (!is_forgotten && !is_same_payload(*stored.asked, action)) return Judgement{.refusal = ErrorCode::kInvalid};
    if (judgement.entries.empty()) batch_first = stored.batch_first;
    if (stored.batch_first != batch_first || stored.batch_size != write.actions.size() ||
        stored.told.rev != batch_first + judgement.entries.size())
      return Judgement{.refusal = ErrorCode::kInvalid};
    judgement.entries.push_back(stored.told);
  }
  if (known == 0) return std::nullopt;
  if (known != write.actions.size()) return Judgement{.refusal = ErrorCode::kInvalid};
  return judgement;
}

bool Model::is_changed(const GuardKey& key, std::uint64_t since) const {
  switch (key.what) {
    case GuardKey::What::kTurns:
      return last_turn_ > since;
    case GuardKey::What::kSession: {
      const auto found = sessions_.find(key.number);
      return found != sessions_.end() && std::max(found->second.turns.back(), found->second.ended_rev) > since;
    }
    case GuardKey::What::kPreference: {
      const auto found = preferences_.find(key.name);
      return found != preferences_.end() && found->second.rev > since;
    }
    case GuardKey::What::kDimension:
      return dimension(key.name).rev > since;
    case GuardKey::What::kFact:
      break;
  }
  const auto found = facts_.find(key.number);
  return found != facts_.end() && found->second.rev > since;
}

std::uint64_t Model::version_of(const Action& action) const {
  switch (action.kind) {
    case Kind::kObservePreference:
    case Kind::kSetPreference: {
      const auto found = preferences_.find(action.name);
      return found == preferences_.end() ? 0 : found->second.version;
    }
    case Kind::kForgetFact: {
      const auto found = facts_.find(action.fact);
      if (found == facts_.end()) return 0;
      return found->second.is_remembered ? 1 : 2;
    }
    default:
      return dimension(action.name).version;
  }
}

Model::Told Model::apply_one(const Action& action) {
  switch (action.kind) {
    case Kind::kAppendTurn:
      return append_turn(action);
    case Kind::kEndSession:
      return end_session(action);
    case Kind::kObservePreference:
    case Kind::kSetPreference:
      return change_preference(action);
    case Kind::kRememberFact:
      return remember_fact(action);
    case Kind::kForgetFact:
    case Kind::kNone:
      return forget_fact(action);
    default:
      return change_dimension(action);
  }
}

Model::SessionState& Model::touched_session(std::uint64_t session) {
  const auto found = sessions_.find(session);
  mark_.sessions.try_emplace(session, found == sessions_.end() ? std::nullopt : std::optional(found->second));
  return sessions_[session];
}

}  // namespace penny::proof::histories
