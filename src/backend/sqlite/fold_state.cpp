// What the fold knows of an operation whose payload was forgotten, and what all operations together taught.

#include <limits>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "backend/sqlite/fold.hpp"
#include "base/error.hpp"
#include "model/encoding.hpp"

namespace penny::backend::sqlite {
namespace {

template <class Expected>
Result<Expected> outcome_of(const LedgerRow& row) {
  const auto result = result_of(row);
  if (!result) return std::unexpected(result.error());
  const auto* expected = std::get_if<Expected>(&*result);
  if (expected == nullptr) return base::fail(ErrorCode::kDamaged, "its outcome is of another kind");
  return *expected;
}

}  // namespace

double UserFold::left_to_learn(const LedgerRow& row, const std::string& name) const {
  if (seq_ <= unbounded_seq_) return std::numeric_limits<double>::infinity();
  const auto found = learned_.find(name);
  return rules::left_to_learn(found == learned_.end() ? std::nullopt : std::optional(found->second), row.at);
}

void UserFold::note_learned(const LedgerRow& row, const std::string& name, double spent) {
  if (seq_ <= unbounded_seq_) return;
  const auto found = learned_.find(name);
  const auto before = found == learned_.end() ? std::nullopt : std::optional(found->second);
  if (const auto after = rules::after_observation(before, row.at, spent)) learned_[name] = *after;
}

Result<OperationResult> UserFold::fold_without_payload(const LedgerRow& row) {
  const std::string key = row.key.value_or("");
  switch (row.kind) {
    case model::Kind::kRememberFact:
      facts_[row.rev] = {.first_rev = row.rev,
                         .id = row.id,
                         .text = {},
                         .confidence = 0,
                         .version = 1,
                         .rev = row.rev,
                         .at = row.at,
                         .origin = row.origin,
                         .channel = row.channel};
      return FactResult{.fact = row.id, .version = 1};
    case model::Kind::kObservePreference:
    case model::Kind::kSetPreference: {
      const auto told = outcome_of<PreferenceResult>(row);
      if (!told) return std::unexpected(told.error());
      // The value is in no row any more.
      preferences_[key] = {.state = {.value = {},
                                     .confidence = told->confidence,
                                     .frequency = told->frequency,
                                     .version = told->version},
                           .rev = row.rev,
                           .at = row.at};
      forgetting_.take_observation(row, false);
      return *told;
    }
    case model::Kind::kAdjustDimension:
    case model::Kind::kObserveDimension:
    case model::Kind::kSetDimension: {
      const auto told = outcome_of<DimensionResult>(row);
      if (!told) return std::unexpected(told.error());
      const auto found = dimensions_.find(key);
      const rules::DimensionState before =
          found != dimensions_.end() ? found->second.state : rules::initial_dimension(key, &told->value);
      if (told->version != before.version + 1) return base::fail(ErrorCode::kDamaged, "a version is missing before it");
      dimensions_[key] = {.state = {.kind = before.kind,
                                    .value = told->value,
                                    .confidence = told->confidence,
                                    .version = told->version},
                          .rev = row.rev,
                          .at = row.at};
      evolution_[{key, told->version}] = {.name = key,
                                          .version = told->version,
                                          .old_value = before.value,
                                          .new_value = told->value,
                                          .confidence_change = 0,
                                          .trigger = {},
                                          .id = row.id,
                                          .rev = row.rev,
                                          .at = row.at};
      if (row.kind == model::Kind::kObserveDimension)
        note_learned(row, key, rules::learned_by(before.value, told->value));
      forgetting_.take_lesson(row, std::nullopt);
      forgetting_.expect_change(key, told->version, before.confidence, told->confidence);
      return *told;
    }
    default:
      return base::fail(ErrorCode::kDamaged,
                        "it has lost its payload, and nothing can forget an operation of its kind");
  }
}

rules::Memory UserFold::memory() const {
  rules::Memory memory;
  for (const auto& [key, row] : preferences_) memory.preferences[key] = row.state;
  for (const auto& [name, row] : dimensions_) memory.dimensions[name] = row.state;
  for (const auto& [key, row] : evolution_) {
    if (row.version == 1) memory.first_values[row.name] = row.old_value;
  }
  // One whose text is gone was forgotten only when the operation that did so is folded too.
  for (const auto& [rev, fact] : facts_)
    memory.facts[fact.id] = {.is_remembered = fact.text.has_value() || fact.version == 1, .version = fact.version};
  return memory;
}

}  // namespace penny::backend::sqlite
