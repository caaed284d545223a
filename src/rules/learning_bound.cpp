#include "rules/learning_bound.hpp"

#include <algorithm>
#include <cmath>
#include <variant>

#include <penny/limits.hpp>

#include "base/proof.hpp"

namespace penny::rules {
namespace {

constexpr double kMicrosecondsPerHour = 3.6e9;

double spent_at(const std::optional<Learned>& before, std::int64_t at_us) {
  if (!before) return 0;
  // Without a sign, as two times may be further apart than a number with one reaches.
  const std::uint64_t passed_us =
      at_us > before->at_us ? static_cast<std::uint64_t>(at_us) - static_cast<std::uint64_t>(before->at_us) : 0;
  const double hours = static_cast<double>(passed_us) / kMicrosecondsPerHour;
  return std::max(0.0, before->spent - limits::kLearnedPerHour * hours);
}

}  // namespace

double left_to_learn(const std::optional<Learned>& before, std::int64_t at_us) {
  if (base::proof::is_planted("learning_unbounded")) return limits::kLearnedAtOnceMax;
  return std::max(0.0, limits::kLearnedAtOnceMax - spent_at(before, at_us));
}

double learned_by(const DimensionValue& old_value, const DimensionValue& new_value) {
  const double* const from = std::get_if<double>(&old_value);
  const double* const to = std::get_if<double>(&new_value);
  if (from != nullptr && to != nullptr) return std::abs(*to - *from);
  return old_value == new_value ? 0 : limits::kLearnedByOption;
}

std::optional<Learned> after_observation(const std::optional<Learned>& before, std::int64_t at_us, double spent) {
  if (!before && spent == 0) return std::nullopt;
  return Learned{.spent = spent_at(before, at_us) + spent, .at_us = at_us};
}

}  // namespace penny::rules
