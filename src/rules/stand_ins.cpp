#include "rules/stand_ins.hpp"

#include <bit>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "base/json.hpp"
#include "rules/dimension.hpp"
#include "rules/preference.hpp"

namespace penny::rules {
namespace {

// The doubles of -1..1 in their order as integers.
std::int64_t place_of(double value) {
  const auto bits = std::bit_cast<std::int64_t>(value < 0 ? -value : value + 0.0);
  return value < 0 ? -bits : bits;
}
double at_place(std::int64_t place) {
  const auto value = std::bit_cast<double>(place < 0 ? -place : place);
  return place < 0 ? -value : value;
}

// The least input of least..most with which a function that never falls reaches the target. What the rules make of a number is
// such a function (sums and products of doubles keep their order), so that the number that was given is among the inputs
// that reach the same.
template <class Function>
double least_input(double least, double most, double target, Function function) {
  std::int64_t low = place_of(least);
  std::int64_t high = place_of(most);
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (function(at_place(middle)) >= target) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return at_place(low);
}

// The same, the greatest.
template <class Function>
double greatest_input(double least, double most, double target, Function function) {
  std::int64_t low = place_of(least);
  std::int64_t high = place_of(most);
  while (low < high) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    if (function(at_place(middle)) <= target) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return at_place(low);
}

}  // namespace

std::string forgotten_value(const OperationId& operation) {
  return base::json_string(fmt::format("{} {}", kForgottenText, operation.to_string()));
}

ObservePreference stand_in_observation(std::string_view key, double confidence_before, const PreferenceResult& outcome,
                                       std::string value) {
  ObservePreference observation{.key = std::string(key), .value = std::move(value), .confidence = 0};
  if (!outcome.is_value_taken) return observation;  // less sure than what was there
  if (outcome.frequency <= 1) {
    observation.confidence = outcome.confidence;
    return observation;
  }
  PreferenceState before{.value = observation.value, .confidence = confidence_before, .frequency = 1, .version = 1};
  observation.confidence = least_input(0, 1, outcome.confidence, [&](double confidence) {
    observation.confidence = confidence;
    return observe(before, observation).state.confidence;
  });
  return observation;
}

AdjustDimension stand_in_adjustment(std::string_view name, const KnownChange& change, std::string trigger) {
  AdjustDimension adjustment{.name = std::string(name),
                             .delta = 0,
                             .confidence_change = change.confidence_change,
                             .trigger = std::move(trigger)};
  const double* const old_value = std::get_if<double>(&change.old_value);
  const double* const new_value = std::get_if<double>(&change.new_value);
  if (old_value == nullptr || new_value == nullptr) return adjustment;
  // Down to 0 many lead, and the least is the one that surely does.
  adjustment.delta =
      least_input(-1, 1, *new_value, [&](double delta) { return *old_value + delta < 0 ? 0 : *old_value + delta; });
  return adjustment;
}

ObserveDimension stand_in_observation(std::string_view name, const KnownChange& change, std::string trigger) {
  ObserveDimension observation{
      .name = std::string(name), .value = change.new_value, .confidence = 1, .trigger = std::move(trigger)};
  const auto weighed = [](double confidence) { return kObservationWeight * confidence; };
  const auto* const option = std::get_if<std::string>(&change.new_value);
  // An option that is new was observed with more than half of the confidence, so the greatest that may have been.
  const bool is_taken = option != nullptr && change.new_value != change.old_value;
  const double confidence = is_taken ? greatest_input(0, 1, change.confidence_change, weighed)
                                     : least_input(0, 1, change.confidence_change, weighed);
  // A number was set on it; then an option was observed, too unsure to replace that.
  const bool is_unsure = change.kind == DimensionKind::kCategorical && option == nullptr;
  // At full confidence the change was cut off, and any that goes further does the same.
  const bool leads_there =
      weighed(confidence) == change.confidence_change && (!is_taken || confidence > kReplaceConfidence);
  const bool is_cut_off = change.confidence == 1 && !leads_there;
  // One that was surer than that had nothing left to replace it with, and will not have.
  const bool may_be_sure = !is_unsure || change.confidence_change > weighed(kReplaceConfidence);
  const double most = may_be_sure ? 1 : kReplaceConfidence;
  observation.confidence = is_cut_off ? most : confidence;
  const DimensionRule* const rule = find_rule(name);
  if (is_unsure)
    observation.value = std::string(rule != nullptr && !rule->options.empty() ? rule->options.front() : kForgottenText);
  const double* const old_value = std::get_if<double>(&change.old_value);
  if (option != nullptr || is_unsure || old_value == nullptr) return observation;
  const double rate = rule != nullptr ? rule->learning_rate : kOwnLearningRate;
  const auto moved = [&](double observed) {
    const double value = *old_value + rate * (observed - *old_value);
    return value < 0 ? 0 : value;
  };
  // Where the bound of learning cut the way off no input may lead to the very number; one that leads further is cut off again.
  const double new_value = std::get<double>(change.new_value);
  observation.value =
      new_value < *old_value ? greatest_input(0, 1, new_value, moved) : least_input(0, 1, new_value, moved);
  return observation;
}

SetDimension stand_in_setting(std::string_view name, const KnownChange& change, std::string trigger) {
  return {.name = std::string(name),
          .value = change.new_value,
          .confidence_change = change.confidence_change,
          .trigger = std::move(trigger)};
}

std::string forgotten_trigger(const OperationId& turn) {
  return fmt::format("Turn {}: {}...", turn.to_string(), kForgottenText);
}

}  // namespace penny::rules
