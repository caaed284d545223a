#pragma once

// How what was learnt goes back to what it was: the operations that lead there from what it is now. Pure.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <penny/operation.hpp>

#include "rules/dimension.hpp"
#include "rules/preference.hpp"

namespace penny::rules {

struct FactState {
  bool is_remembered = false;
  std::uint64_t version = 0;
};

// All that operations taught of one user, at one rev.
struct Memory {
  std::map<std::string, PreferenceState> preferences;  // with tombstones; a value that was forgotten since is empty
  std::map<std::string, DimensionState> dimensions;
  std::map<std::string, DimensionValue> first_values;  // of the dimensions, before their first change
  std::map<OperationId, FactState> facts;
};

struct UndoStep {
  Payload payload;
  std::uint64_t if_version = 0;  // of what it changes, as it is now
};

struct Undo {
  std::vector<UndoStep> steps;
  // What cannot come back: facts and preferences whose text was forgotten since, and dimensions that were not there yet: they
  // get their first value. Named as in `IfUnchangedSince`.
  std::vector<std::string> not_restored;
};

// Frequencies of preferences and versions go on; everything else of `now` that differs from `then` becomes as it was then.
[[nodiscard]] Undo undo(const Memory& then, const Memory& now, std::string_view trigger);

}  // namespace penny::rules
