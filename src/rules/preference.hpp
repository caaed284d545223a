#pragma once

// How evidence for a preference is weighed. Pure, and the same to the bit on every machine.

#include <cstdint>
#include <optional>
#include <string>

#include <penny/operation.hpp>

namespace penny::rules {

struct PreferenceState {
  std::string value;  // JSON
  double confidence = 0;
  std::uint64_t frequency = 0;  // how often this value was observed or set in a row
  std::uint64_t version = 0;
  bool operator==(const PreferenceState&) const = default;
};

struct PreferenceChange {
  PreferenceState state;
  bool is_value_taken = false;  // the state holds the value that the operation brought
};

// The same JSON value again: confidence = min(1, old + new), frequency + 1. Another value: if it is surer it replaces
// value and confidence, with frequency 1; else confidence = max(0.1, old - 0.05). Without an old state the value is
// taken as it is.
[[nodiscard]] PreferenceChange observe(const std::optional<PreferenceState>& old, const ObservePreference& operation);

// Value and confidence are replaced; the frequency goes on if the JSON value is the same, else begins at 1.
[[nodiscard]] PreferenceChange set(const std::optional<PreferenceState>& old, const SetPreference& operation);

}  // namespace penny::rules
