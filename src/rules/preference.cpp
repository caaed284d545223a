#include "rules/preference.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/proof.hpp"

namespace penny::rules {
namespace {

constexpr double kConfidenceMax = 1;
constexpr double kContradictionCost = 0.05;
constexpr double kContradictedMin = 0.1;

template <class Operation>
PreferenceState first_state(const Operation& operation) {
  return {.value = operation.value, .confidence = operation.confidence, .frequency = 1, .version = 1};
}

}  // namespace

PreferenceChange observe(const std::optional<PreferenceState>& old, const ObservePreference& operation) {
  if (!old) return {.state = first_state(operation), .is_value_taken = true};
  PreferenceChange change{.state = *old, .is_value_taken = true};
  change.state.version += 1;
  if (base::json_equal(old->value, operation.value)) {
    change.state.confidence = std::min(kConfidenceMax, old->confidence + operation.confidence);
    change.state.frequency += 1;
  } else if (operation.confidence > old->confidence ||
             (operation.confidence == old->confidence && base::proof::is_planted("equally_sure_preference_replaces"))) {
    change.state.value = operation.value;
    change.state.confidence = operation.confidence;
    change.state.frequency = 1;
  } else {
    change.state.confidence = std::max(kContradictedMin, old->confidence - kContradictionCost);
    change.is_value_taken = false;
  }
  return change;
}

PreferenceChange set(const std::optional<PreferenceState>& old, const SetPreference& operation) {
  PreferenceChange change{.state = first_state(operation), .is_value_taken = true};
  if (!old) return change;
  change.state.version = old->version + 1;
  if (base::json_equal(old->value, operation.value)) change.state.frequency = old->frequency + 1;
  return change;
}

}  // namespace penny::rules
