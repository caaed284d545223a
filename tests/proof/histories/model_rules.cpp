// What each kind of operation means to the model.

#include <algorithm>
#include <cmath>

#include "proof/histories/model.hpp"
#include "proof/histories/vocabulary.hpp"

namespace penny::proof::histories {
namespace {

constexpr std::uint64_t kTurnsOfUnnamedSession = 20;
constexpr double kFirstConfidence = 0.3;
constexpr double kPriceOfAnOption = 0.1;

struct DimensionRule {
  Name name = Name::kNone;
  Value first;
  double rate = 0;
  std::uint64_t first_option =
      0;  // its options are some that follow each other, and `balanced` where it is the first value
  std::uint64_t last_option = 0;
};

const DimensionRule& rule_of(Name name) {
  static const std::uint64_t kBalanced = find_option("balanced");
  static const std::vector<DimensionRule> rules{
      {Name::kFormality, real(0.5), 0.1, 0, 0},
      {Name::kPace, real(0.5), 0.1, 0, 0},
      {Name::kSupport, option(kBalanced), 0, find_option("analytical"), find_option("cheerleading")},
      {Name::kHumor, option(kBalanced), 0, find_option("dry"), kBalanced},
      {Name::kProactive, real(0.4), 0.08, 0, 0},
      {Name::kLength, option(find_option("medium")), 0, find_option("brief"), find_option("comprehensive")},
      {Name::kDepth, real(0.5), 0.1, 0, 0},
  };
  return *std::ranges::find(rules, name, &DimensionRule::name);
}

double within_unit(double number) {
  if (!(number > 0)) return 0;
  return number < 1 ? number : 1;
}

}  // namespace

// The user's open session is that of the latest turn, as long as it has not ended.
Model::Told Model::append_turn(const Action& action) {
  const std::uint64_t rev = changes_.size() + 1;
  std::uint64_t session = action.session;
  if (session == 0) {
    session = action.id;
    if (last_session_ != 0) {
      const SessionState& current = sessions_.at(last_session_);
      if (current.ended_rev == 0 && (current.is_named || current.turns.size() < kTurnsOfUnnamedSession)) {
        session = last_session_;
      } else if (current.ended_rev == 0) {
        touched_session(last_session_).ended_rev = rev;
      }
    }
  } else if (const auto found = sessions_.find(session); found != sessions_.end() && found->second.ended_rev != 0) {
    return ErrorCode::kConflict;
  }
  SessionState& joined = touched_session(session);
  if (joined.turns.empty()) {
    joined.first_rev = rev;
    begun_[rev] = session;
    joined.is_named = action.session != 0;
  }
  joined.turns.push_back(rev);
  last_turn_ = rev;
  last_session_ = session;
  return Entry{.id = action.id,
               .rev = rev,
               .session = session,
               .session_first = joined.first_rev,
               .number = joined.turns.size(),
               .kind = Kind::kAppendTurn};
}

Model::Told Model::end_session(const Action& action) {
  const std::uint64_t session = action.session == 0 ? last_session_ : action.session;
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return ErrorCode::kNotFound;
  const bool was_open = found->second.ended_rev == 0;
  if (action.session == 0 && !was_open) return ErrorCode::kNotFound;
  const std::uint64_t rev = changes_.size() + 1;
  if (was_open) touched_session(session).ended_rev = rev;
  return Entry{.id = action.id,
               .rev = rev,
               .session = session,
               .number = found->second.turns.size(),
               .kind = Kind::kEndSession,
               .flag = was_open};
}

Model::Told Model::change_preference(const Action& action) {
  const auto found = preferences_.find(action.name);
  const bool is_new = found == preferences_.end();
  mark_.preferences.try_emplace(action.name, is_new ? std::nullopt : std::optional(found->second));
  PreferenceState state = is_new ? PreferenceState{} : found->second;
  const bool is_same = !is_new && state.value == action.value;
  bool is_taken = true;
  if (action.kind == Kind::kSetPreference) {
    state.frequency = is_same ? state.frequency + 1 : 1;
    state.value = action.value;
    state.confidence = action.amount;
  } else if (is_same) {
    state.confidence = std::min(1.0, state.confidence + action.amount);
    state.frequency += 1;
  } else if (is_new || action.amount > state.confidence) {
    state.value = action.value;
    state.confidence = action.amount;
    state.frequency = 1;
  } else {
    state.confidence = std::max(0.1, state.confidence - 0.05);
    is_taken = false;
  }
  state.version += 1;
  state.rev = changes_.size() + 1;
  preferences_[action.name] = state;
  return Entry{.id = action.id,
               .rev = state.rev,
               .number = state.frequency,
               .version = state.version,
               .confidence = state.confidence,
               .kind = Kind::kSetPreference,
               .flag = is_taken};
}

Model::DimensionState Model::dimension(Name name) const {
  const auto found = dimensions_.find(name);
  if (found != dimensions_.end()) return found->second;
  return {.value = rule_of(name).first, .confidence = kFirstConfidence};
}

Value Model::observed(DimensionState& state, const Action& action, double wanted) {
  const std::uint64_t minute = minute_of(action.id);
  const double left = state.bucket.left_at(minute);
  const double old = number_of(state.value);
  const double reached = std::min(old + left, std::max(old - left, wanted));
  state.bucket.take(minute, std::abs(reached - old));
  return real(reached);
}

Value Model::observed(DimensionState& state, const Action& action) {
  const std::uint64_t minute = minute_of(action.id);
  const bool is_other = action.value != state.value;
  const bool is_taken = action.amount > 0.5 && is_other && state.bucket.left_at(minute) >= kPriceOfAnOption;
  state.bucket.take(minute, is_taken ? kPriceOfAnOption : 0);
  return is_taken ? action.value : state.value;
}

Model::Told Model::change_dimension(const Action& action) {
  const DimensionRule& rule = rule_of(action.name);
  const bool is_continuous = rule.first.type == Value::Type::kReal;
  DimensionState state = dimension(action.name);
  mark_.dimensions.try_emplace(action.name, state);
  const Value before = state.value;
  double change = action.confidence_change;
  if (action.kind == Kind::kAdjustDimension) {
    if (!is_continuous) return ErrorCode::kInvalid;
    state.value = real(within_unit(number_of(before) + action.amount));
  } else if (is_continuous) {
    if (action.value.type != Value::Type::kReal) return ErrorCode::kInvalid;
    const double given = number_of(action.value);
    const double old = number_of(before);
    state.value = action.kind == Kind::kSetDimension
                      ? action.value
                      : observed(state, action, within_unit(old + rule.rate * (given - old)));
  } else {
    const std::uint64_t chosen = action.value.bits;
    const bool is_option = action.value.type == Value::Type::kOption &&
                           ((chosen >= rule.first_option && chosen <= rule.last_option) || action.value == rule.first);
    if (!is_option) return ErrorCode::kInvalid;
    state.value = action.kind == Kind::kSetDimension ? action.value : observed(state, action);
  }
  if (action.kind == Kind::kObserveDimension) change = 0.05 * action.amount;
  const double wanted = state.confidence + change;
  const double applied = within_unit(wanted) == wanted ? change : within_unit(wanted) - state.confidence;
  state.confidence = within_unit(wanted);
  state.version += 1;
  state.rev = changes_.size() + 1;
  dimensions_[action.name] = state;
  evolution_.push_back({.id = action.id,
                        .rev = state.rev,
                        .version = state.version,
                        .value = state.value,
                        .before = before,
                        .confidence_change = applied,
                        .kind = Kind::kSetDimension,
                        .name = action.name});
  return Entry{.id = action.id,
               .rev = state.rev,
               .version = state.version,
               .value = state.value,
               .confidence = state.confidence,
               .kind = Kind::kSetDimension};
}

Model::Told Model::remember_fact(const Action& action) {
  const std::uint64_t rev = changes_.size() + 1;
  mark_.facts.try_emplace(action.id, std::nullopt);
  facts_[action.id] = {.first_rev = rev, .confidence = action.amount, .is_remembered = true, .rev = rev};
  remembered_[rev] = action.id;
  return Entry{.id = action.id, .rev = rev, .number = action.id, .version = 1, .kind = Kind::kRememberFact};
}

Model::Told Model::forget_fact(const Action& action) {
  const auto found = facts_.find(action.fact);
  if (found == facts_.end() || !found->second.is_remembered) return ErrorCode::kNotFound;
  mark_.facts.try_emplace(action.fact, found->second);
  found->second.is_remembered = false;
  found->second.rev = changes_.size() + 1;
  remembered_.erase(found->second.first_rev);
  return Entry{
      .id = action.id, .rev = found->second.rev, .number = action.fact, .version = 2, .kind = Kind::kRememberFact};
}

}  // namespace penny::proof::histories
