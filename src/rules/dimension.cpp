#include "rules/dimension.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/proof.hpp"
#include "rules/learning_bound.hpp"

namespace penny::rules {
namespace {

constexpr std::array<std::string_view, 6> kHumorStyles{"dry",       "playful",    "roasting",
                                                       "dad_jokes", "tech_humor", "balanced"};
constexpr std::array<std::string_view, 4> kResponseLengths{"brief", "medium", "detailed", "comprehensive"};
constexpr std::array<std::string_view, 5> kSupportStyles{"analytical", "empathetic", "solution_focused", "cheerleading",
                                                         "balanced"};

DimensionRule continuous(std::string_view name, double default_value, double learning_rate) {
  return {name, DimensionKind::kContinuous, default_value, learning_rate, {}};
}

DimensionRule categorical(std::string_view name, std::string_view default_value, double learning_rate,
                          std::span<const std::string_view> options) {
  return {name, DimensionKind::kCategorical, std::string(default_value), learning_rate, options};
}

// Also takes what is no number, and the zero below zero, to 0: a state has one form.
double clamp_to_unit(double value) { return value > 0 ? std::min(value, 1.0) : 0.0; }

DimensionChange change_to(const DimensionState& old, DimensionValue new_value, double confidence_change) {
  const double wanted = old.confidence + confidence_change;
  const double confidence = base::proof::is_planted("confidence_not_clamped") ? wanted : clamp_to_unit(wanted);
  // Only a clamped change is recomputed, so that the log shows 0.05 and not 0.04999999999999999.
  const double applied = confidence == wanted ? confidence_change : confidence - old.confidence;
  return {
      .state = {.kind = old.kind, .value = std::move(new_value), .confidence = confidence, .version = old.version + 1},
      .old_value = old.value,
      .confidence_change = applied};
}

std::unexpected<Error> refuse_number(std::string_view name, double value) {
  return base::fail(ErrorCode::kInvalid,
                    fmt::format("value is the number {}, but the dimension {} is categorical", value, name),
                    "observe one of its options", "value");
}

// A text for the dimension: only a categorical one takes it, and a default one only its options.
Result<void> check_option(const DimensionState& old, std::string_view name, std::string_view value) {
  if (old.kind == DimensionKind::kContinuous) {
    return base::fail(ErrorCode::kInvalid,
                      fmt::format("value is the text \"{}\", but the dimension {} is continuous", value, name),
                      "give a number 0..1", "value");
  }
  const DimensionRule* rule = find_rule(name);
  if (rule == nullptr || std::ranges::find(rule->options, value) != rule->options.end()) return {};
  return base::fail(ErrorCode::kInvalid,
                    fmt::format("value is \"{}\", which is no option of the dimension {}", value, name),
                    fmt::format("give one of {}", fmt::join(rule->options, ", ")), "value");
}

}  // namespace

std::span<const DimensionRule> default_dimensions() {
  static const std::array<DimensionRule, 7> rules{
      continuous("communication_formality", 0.5, 0.1),
      continuous("conversation_pace_preference", 0.5, 0.1),
      categorical("emotional_support_style", "balanced", 0.12, kSupportStyles),
      categorical("humor_style_preference", "balanced", 0.15, kHumorStyles),
      continuous("proactive_suggestions", 0.4, 0.08),
      categorical("response_length_preference", "medium", 0.1, kResponseLengths),
      continuous("technical_depth_preference", 0.5, 0.1),
  };
  return rules;
}

const DimensionRule* find_rule(std::string_view name) {
  const std::span<const DimensionRule> rules = default_dimensions();
  const auto found = std::ranges::find(rules, name, &DimensionRule::name);
  return found == rules.end() ? nullptr : &*found;
}

DimensionState initial_dimension(std::string_view name, const DimensionValue* first_value) {
  if (const DimensionRule* rule = find_rule(name)) return {.kind = rule->kind, .value = rule->default_value};
  if (first_value != nullptr && std::holds_alternative<std::string>(*first_value)) {
    return {.kind = DimensionKind::kCategorical, .value = *first_value};
  }
  return {.kind = DimensionKind::kContinuous, .value = 0.5};
}

Result<DimensionChange> adjust(const DimensionState& old, const AdjustDimension& operation) {
  const double* number = std::get_if<double>(&old.value);
  if (number == nullptr) {
    return base::fail(ErrorCode::kInvalid,
                      fmt::format("delta is {}, but the dimension {} is the text \"{}\"", operation.delta,
                                  operation.name, std::get<std::string>(old.value)),
                      "observe or set one of its options", "delta");
  }
  if (base::proof::is_planted("clamp_missing"))
    return change_to(old, *number + operation.delta, operation.confidence_change);
  return change_to(old, clamp_to_unit(*number + operation.delta), operation.confidence_change);
}

Result<DimensionChange> observe(const DimensionState& old, const ObserveDimension& operation, double left) {
  const double confidence_change = kObservationWeight * operation.confidence;
  if (const auto* option = std::get_if<std::string>(&operation.value)) {
    if (auto checked = check_option(old, operation.name, *option); !checked) return std::unexpected(checked.error());
    const double least = base::proof::is_planted("unsure_observation_replaces") ? 0 : kReplaceConfidence;
    const bool is_taken = operation.confidence > least && learned_by(old.value, operation.value) <= left;
    return change_to(old, is_taken ? operation.value : old.value, confidence_change);
  }
  const double observed = std::get<double>(operation.value);
  const double* number = std::get_if<double>(&old.value);
  if (old.kind == DimensionKind::kCategorical || number == nullptr) return refuse_number(operation.name, observed);
  const DimensionRule* rule = find_rule(operation.name);
  const double rate =
      rule != nullptr && !base::proof::is_planted("one_learning_rate_for_all") ? rule->learning_rate : kOwnLearningRate;
  // A value that was cut off so stays where it is when it is cut off again: what stands for a forgotten observation relies on it.
  const double wanted = clamp_to_unit(*number + rate * (observed - *number));
  return change_to(old, std::clamp(wanted, *number - left, *number + left), confidence_change);
}

Result<DimensionChange> set(const DimensionState& old, const SetDimension& operation) {
  if (const auto* option = std::get_if<std::string>(&operation.value)) {
    if (auto checked = check_option(old, operation.name, *option); !checked) return std::unexpected(checked.error());
    return change_to(old, operation.value, operation.confidence_change);
  }
  return change_to(old, clamp_to_unit(std::get<double>(operation.value)), operation.confidence_change);
}

}  // namespace penny::rules
