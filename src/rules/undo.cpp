#include "rules/undo.hpp"

#include <cmath>
#include <optional>

#include "base/json.hpp"

namespace penny::rules {
namespace {

// What added to `from` gives `to`; to the bit, if there is such a number.
double difference(double from, double to) {
  const double change = to - from;
  for (const double near : {change, std::nextafter(change, 2.0), std::nextafter(change, -2.0)}) {
    if (from + near == to && near >= -1 && near <= 1) return near == 0 ? 0 : near;
  }
  return change == 0 ? 0 : change;
}

void undo_preferences(const Memory& then, const Memory& now, Undo& undo) {
  for (const auto& [key, state] : now.preferences) {
    const auto found = then.preferences.find(key);
    const bool was_there = found != then.preferences.end() && !is_forgotten(found->second);
    const bool is_there = !is_forgotten(state);
    if (!was_there) {
      if (is_there) undo.steps.push_back({.payload = ForgetPreference{.key = key}, .if_version = state.version});
      continue;
    }
    const PreferenceState& old = found->second;
    if (old.value.empty()) {
      undo.not_restored.push_back("preference:" + key);
      continue;
    }
    if (is_there && base::json_equal(old.value, state.value) && old.confidence == state.confidence) continue;
    undo.steps.push_back({.payload = SetPreference{.key = key, .value = old.value, .confidence = old.confidence},
                          .if_version = state.version});
  }
}

void undo_dimensions(const Memory& then, const Memory& now, std::string_view trigger, Undo& undo) {
  for (const auto& [name, state] : now.dimensions) {
    const auto found = then.dimensions.find(name);
    const bool was_there = found != then.dimensions.end();
    const auto first = now.first_values.find(name);
    const DimensionValue& value = was_there                         ? found->second.value
                                  : first != now.first_values.end() ? first->second
                                                                    : state.value;
    const double confidence = was_there ? found->second.confidence : kInitialConfidence;
    if (!was_there && find_rule(name) == nullptr) undo.not_restored.push_back("dimension:" + name);
    if (state.value == value && state.confidence == confidence) continue;
    undo.steps.push_back({.payload = SetDimension{.name = name,
                                                  .value = value,
                                                  .confidence_change = difference(state.confidence, confidence),
                                                  .trigger = std::string(trigger)},
                          .if_version = state.version});
  }
}

void undo_facts(const Memory& then, const Memory& now, Undo& undo) {
  for (const auto& [id, fact] : now.facts) {
    const auto found = then.facts.find(id);
    const bool was_remembered = found != then.facts.end() && found->second.is_remembered;
    if (fact.is_remembered && !was_remembered)
      undo.steps.push_back({.payload = ForgetFact{.fact = id}, .if_version = fact.version});
    if (!fact.is_remembered && was_remembered) undo.not_restored.push_back("fact:" + id.to_string());
  }
}

}  // namespace

Undo undo(const Memory& then, const Memory& now, std::string_view trigger) {
  Undo undo;
  undo_preferences(then, now, undo);
  undo_dimensions(then, now, trigger, undo);
  undo_facts(then, now, undo);
  return undo;
}

}  // namespace penny::rules
