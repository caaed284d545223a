#pragma once

// What stands in an export for an operation whose words were forgotten: a payload without them that leads to the same
// state and outcome, to the bit, and that the operation which forgot the words forgets again. Pure.

#include <optional>
#include <string>
#include <string_view>

#include <penny/id.hpp>
#include <penny/model.hpp>
#include <penny/operation.hpp>
#include <penny/outcome.hpp>

namespace penny::rules {

inline constexpr std::string_view kForgottenText = "(forgotten)";

// The JSON value that stands for what the operation brought; no other operation has the same.
[[nodiscard]] std::string forgotten_value(const OperationId& operation);

// An observation that leads from the confidence before it to this outcome. `value`: what the preference held after it, if the
// operation agreed with that; else a value of its own.
[[nodiscard]] ObservePreference stand_in_observation(std::string_view key, double confidence_before,
                                                     const PreferenceResult& outcome, std::string value);

// One change of a dimension as its row of evolution tells it, and the confidence after it.
struct KnownChange {
  DimensionKind kind = DimensionKind::kContinuous;
  DimensionValue old_value;
  DimensionValue new_value;
  double confidence_change = 0;  // as applied
  double confidence = 0;         // after it
};

// Changes that lead from the old value to the new one; an observation with as much left to learn as the one that it stands for
// had (see learning_bound.hpp), which a replay in the same order and at the same times has. `trigger` tells the forgotten turn in the form of `learn`, so that
// forgetting that turn forgets it again.
[[nodiscard]] AdjustDimension stand_in_adjustment(std::string_view name, const KnownChange& change,
                                                  std::string trigger);
[[nodiscard]] ObserveDimension stand_in_observation(std::string_view name, const KnownChange& change,
                                                    std::string trigger);
[[nodiscard]] SetDimension stand_in_setting(std::string_view name, const KnownChange& change, std::string trigger);

// "Turn <id>: (forgotten)...".
[[nodiscard]] std::string forgotten_trigger(const OperationId& turn);

}  // namespace penny::rules
