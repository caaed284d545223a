#pragma once

// What the operations on a personality dimension mean. Pure: the same state and operation give the same bits on every
// machine, because `verify` recomputes every state from the ledger. Operations are expected to be within the limits of
// `operation.hpp`; whatever comes, numbers and confidences stay in 0..1, and versions grow by one.

#include <cstdint>
#include <span>
#include <string_view>

#include <penny/error.hpp>
#include <penny/model.hpp>
#include <penny/operation.hpp>

namespace penny::rules {

inline constexpr double kInitialConfidence = 0.3;
inline constexpr double kToldConfidence = 0.65;     // from here on a dimension is told to the model
inline constexpr double kOwnLearningRate = 0.1;     // of dimensions that users add
inline constexpr double kObservationWeight = 0.05;  // how much of an observation's confidence is added
inline constexpr double kReplaceConfidence = 0.5;   // an observation must be surer than this to replace an option

// A dimension that every user has. `options` is empty for a continuous one.
struct DimensionRule {
  std::string_view name;
  DimensionKind kind = DimensionKind::kContinuous;
  DimensionValue default_value;
  double learning_rate = 0;  // the part of the way to the observed value that one observation goes, 0..1
  std::span<const std::string_view> options;
};

// The seven, in order of their names.
[[nodiscard]] std::span<const DimensionRule> default_dimensions();

// The rule of a default dimension, nullptr for one that a user added.
[[nodiscard]] const DimensionRule* find_rule(std::string_view name);

struct DimensionState {
  DimensionKind kind = DimensionKind::kContinuous;
  DimensionValue value;  // of a categorical dimension an option, or the number that was set
  double confidence = kInitialConfidence;
  std::uint64_t version = 0;
  bool operator==(const DimensionState&) const = default;
};

// What a dimension is before its first change. One that is not among the defaults gets the kind of `first_value`: a
// number makes it continuous, at 0.5; a text makes it categorical, with that very text; nullptr makes it continuous.
[[nodiscard]] DimensionState initial_dimension(std::string_view name, const DimensionValue* first_value);

struct DimensionChange {
  DimensionState state;  // the new one
  DimensionValue old_value;
  double confidence_change = 0;  // as applied: old confidence + confidence_change is the new one, to the bit
};

// value = clamp(old + delta, 0, 1). `kInvalid` if the value is a text.
[[nodiscard]] Result<DimensionChange> adjust(const DimensionState& old, const AdjustDimension& operation);

// Continuous: value = old + learning rate x (observed - old), but no further than `left` from the old one. Categorical: the option
// is taken if the observation's confidence is above 0.5, and `left` is enough for another one. Both: confidence + 0.05 x the
// observation's, whatever is left. `left`: see `left_to_learn`; what was spent of it is `learned_by` the change's values. `kInvalid`
// if the value is not of the dimension's kind, or no option of a default dimension.
[[nodiscard]] Result<DimensionChange> observe(const DimensionState& old, const ObserveDimension& operation,
                                              double left);

// The value is replaced. A number is also taken by a categorical dimension, and kept as it is. `kInvalid` for a text on
// a continuous one, and for what is no option of a default dimension.
[[nodiscard]] Result<DimensionChange> set(const DimensionState& old, const SetDimension& operation);

}  // namespace penny::rules
