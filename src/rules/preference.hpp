#pragma once

// How evidence for a preference is weighed. Pure, and the same to the bit on every machine.

#include <cstdint>
#include <optional>
#include <string>

#include <penny/operation.hpp>

namespace penny::rules {

// A forgotten one stays as a tombstone: frequency 0, and for its value the revs that `forget` left.
struct PreferenceState {
  std::string value;  // JSON
  double confidence = 0;
  std::uint64_t frequency = 0;  // how often this value was observed or set in a row, from 1
  std::uint64_t version = 0;
  bool operator==(const PreferenceState&) const = default;
};

struct PreferenceChange {
  PreferenceState state;
  bool is_value_taken = false;  // the state holds the value that the operation brought
};

// The same JSON value again: confidence = min(1, old + new), frequency + 1. Another value: if it is surer it replaces
// value and confidence, with frequency 1; else confidence = max(0.1, old - 0.05). Without an old state, or after it was
// forgotten, the value is taken as it is.
[[nodiscard]] PreferenceChange observe(const std::optional<PreferenceState>& old, const ObservePreference& operation);

// Value and confidence are replaced; the frequency goes on if the JSON value is the same, else begins at 1.
[[nodiscard]] PreferenceChange set(const std::optional<PreferenceState>& old, const SetPreference& operation);

// The tombstone. The values that operations with a rev up to `revs_left` left in the ledger are still to be looked for; the version
// goes on. To `observe` and `set` it is as if there were none.
[[nodiscard]] PreferenceState forget(const PreferenceState& old, std::uint64_t revs_left);
[[nodiscard]] inline bool is_forgotten(const PreferenceState& state) { return state.frequency == 0; }
// Of a tombstone; nothing for a preference that is there.
[[nodiscard]] std::optional<std::uint64_t> revs_left(const PreferenceState& state);
[[nodiscard]] inline bool is_forgotten_whole(const PreferenceState& state) { return revs_left(state) == 0; }

}  // namespace penny::rules
