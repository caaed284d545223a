#include "rules/preference.hpp"

#include <algorithm>
#include <charconv>

#include "base/json.hpp"
#include "base/proof.hpp"

namespace penny::rules {
namespace {

constexpr double kConfidenceMax = 1;
constexpr double kContradictionCost = 0.05;
constexpr double kContradictedMin = 0.1;

template <class Operation>
PreferenceState first_state(const Operation& operation, std::uint64_t version = 1) {
  return {.value = operation.value, .confidence = operation.confidence, .frequency = 1, .version = version};
}

}  // namespace

PreferenceChange observe(const std::optional<PreferenceState>& old, const ObservePreference& operation) {
  if (!old) return {.state = first_state(operation), .is_value_taken = true};
  if (is_forgotten(*old)) return {.state = first_state(operation, old->version + 1), .is_value_taken = true};
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
  if (!is_forgotten(*old) && base::json_equal(old->value, operation.value)) change.state.frequency = old->frequency + 1;
  return change;
}

PreferenceState forget(const PreferenceState& old, std::uint64_t revs_left) {
  return {.value = std::to_string(revs_left), .confidence = 0, .frequency = 0, .version = old.version + 1};
}

std::optional<std::uint64_t> revs_left(const PreferenceState& state) {
  if (!is_forgotten(state)) return std::nullopt;
  std::uint64_t left = 0;
  (void)std::from_chars(state.value.data(), state.value.data() + state.value.size(), left);
  return left;
}

}  // namespace penny::rules
