#include "rules/learning_bound.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <penny/limits.hpp>

#include "rules/dimension.hpp"

namespace penny::rules {
namespace {

using namespace std::string_literals;

constexpr std::int64_t kMinute = 60'000'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr double kRounding = 1e-12;

// A dimension as a store keeps it.
class Dimension {
 public:
  Dimension(std::string name, DimensionValue value) : name_(std::move(name)) {
    state_ = initial_dimension(name_, &value);
    state_.value = std::move(value);
  }

  DimensionChange observe(std::int64_t at_us, DimensionValue value, double confidence = 1) {
    const auto change =
        rules::observe(state_, {.name = name_, .value = std::move(value), .confidence = confidence}, left(at_us));
    learned_ = after_observation(learned_, at_us, learned_by(change->old_value, change->state.value));
    state_ = change->state;
    return *change;
  }

  [[nodiscard]] double left(std::int64_t at_us) const { return left_to_learn(learned_, at_us); }
  [[nodiscard]] double number() const { return std::get<double>(state_.value); }
  [[nodiscard]] std::string option() const { return std::get<std::string>(state_.value); }
  [[nodiscard]] const DimensionState& state() const { return state_; }
  [[nodiscard]] bool is_anything_remembered() const { return learned_.has_value(); }

 private:
  std::string name_;
  DimensionState state_;
  std::optional<Learned> learned_;
};

TEST(LearningBound, LetsAPersonalityMoveByAFifthAtOnceAndATenthPerHour) {
  Dimension formality("communication_formality", 0.0);
  for (std::int64_t i = 0; i < 100; ++i) formality.observe(i * 1'000, 1.0);
  EXPECT_NEAR(formality.number(), 0.2, 1e-5);
  for (std::int64_t i = 0; i < 100; ++i) formality.observe(kHour + i * 1'000, 1.0);
  EXPECT_NEAR(formality.number(), 0.3, 1e-5);
  for (int i = 0; i < 100; ++i) formality.observe(100 * kHour, 0.0);
  EXPECT_NEAR(formality.number(), 0.1, 1e-5);
}

TEST(LearningBound, DoesNotTouchWhatStaysWithin) {
  Dimension formality("communication_formality", 0.5);
  EXPECT_FALSE(formality.is_anything_remembered());
  formality.observe(0, 0.5);
  EXPECT_FALSE(formality.is_anything_remembered());
  formality.observe(0, 0.9);
  EXPECT_EQ(formality.number(), 0.5 + 0.1 * (0.9 - 0.5));
  EXPECT_TRUE(formality.is_anything_remembered());
}

TEST(LearningBound, TrimsAnObservationToWhatIsLeft) {
  Dimension own("own", 0.0);
  own.observe(0, 1.0);
  own.observe(0, 1.0);
  EXPECT_DOUBLE_EQ(own.left(0), 0.2 - 0.19);
  const DimensionChange trimmed = own.observe(0, 1.0);
  EXPECT_DOUBLE_EQ(own.number(), 0.2);
  EXPECT_EQ(trimmed.confidence_change, 0.05);
  EXPECT_EQ(trimmed.state.version, 3U);
  const DimensionChange nothing_left = own.observe(0, 0.0);
  EXPECT_EQ(nothing_left.state.value, nothing_left.old_value);
  EXPECT_EQ(nothing_left.state.version, 4U);
  EXPECT_DOUBLE_EQ(own.state().confidence, 0.3 + 4 * 0.05);
}

TEST(LearningBound, GivesBackEvenlyAndNoMoreThanThereWas) {
  const Learned spent{.spent = 0.2, .at_us = 5 * kHour};
  EXPECT_EQ(left_to_learn(spent, 5 * kHour), 0);
  EXPECT_DOUBLE_EQ(left_to_learn(spent, 5 * kHour + 30 * kMinute), 0.05);
  EXPECT_EQ(left_to_learn(spent, 6 * kHour), 0.1);
  EXPECT_EQ(left_to_learn(spent, 7 * kHour), 0.2);
  EXPECT_EQ(left_to_learn(spent, 700 * kHour), 0.2);
  EXPECT_EQ(left_to_learn(std::nullopt, 0), 0.2);
}

TEST(LearningBound, TakesAClockThatWentBackForOneThatStoodStill) {
  Dimension own("own", 0.0);
  own.observe(100 * kHour, 1.0);
  own.observe(100 * kHour, 1.0);
  own.observe(100 * kHour, 1.0);
  own.observe(10 * kHour, 1.0);
  EXPECT_DOUBLE_EQ(own.number(), 0.2);
  // And goes on from there: a date far ahead does not end the learning.
  EXPECT_DOUBLE_EQ(own.left(11 * kHour), 0.1);
}

TEST(LearningBound, KnowsTimesThatAreAsFarApartAsNumbersReach) {
  constexpr auto kFirst = std::numeric_limits<std::int64_t>::min();
  constexpr auto kLast = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(left_to_learn(Learned{.spent = 0.2, .at_us = kFirst}, kLast), 0.2);
  EXPECT_EQ(left_to_learn(Learned{.spent = 0.2, .at_us = kLast}, kFirst), 0);
}

TEST(LearningBound, LetsTwoOptionsBeTakenAtOnceAndOneMorePerHour) {
  Dimension humor("humor_style_preference", "balanced"s);
  humor.observe(0, "dry"s);
  EXPECT_EQ(humor.option(), "dry");
  humor.observe(0, "dry"s);  // costs nothing
  humor.observe(0, "playful"s);
  EXPECT_EQ(humor.option(), "playful");
  const DimensionChange refused = humor.observe(0, "roasting"s, 0.8);
  EXPECT_EQ(humor.option(), "playful");
  EXPECT_EQ(refused.confidence_change, 0.05 * 0.8);
  EXPECT_EQ(refused.state.version, 4U);
  humor.observe(kHour - 1, "roasting"s);
  EXPECT_EQ(humor.option(), "playful");
  humor.observe(kHour + kMinute, "roasting"s);
  EXPECT_EQ(humor.option(), "roasting");
}

TEST(LearningBound, CountsANumberThatGivesWayToAnOptionAsAnotherOption) {
  EXPECT_EQ(learned_by(0.3, "dry"s), limits::kLearnedByOption);
  EXPECT_EQ(learned_by("dry"s, "dry"s), 0);
  EXPECT_EQ(learned_by("dry"s, "playful"s), limits::kLearnedByOption);
  EXPECT_EQ(learned_by(0.75, 0.5), 0.25);
  EXPECT_EQ(learned_by(0.5, 0.75), 0.25);
}

struct Seen {
  std::int64_t at_us = 0;
  DimensionValue value;
};

// Steps of a clock that often stands still, sometimes goes back, and rarely far forward.
rc::Gen<std::vector<Seen>> any_observations(const rc::Gen<DimensionValue>& value) {
  const auto step =
      rc::gen::oneOf(rc::gen::just(std::int64_t{0}), rc::gen::inRange(std::int64_t{0}, 10 * kMinute),
                     rc::gen::inRange(-3 * kHour, std::int64_t{0}), rc::gen::inRange(std::int64_t{0}, 5 * kHour));
  return rc::gen::map(
      rc::gen::container<std::vector<std::pair<std::int64_t, DimensionValue>>>(rc::gen::pair(step, value)),
      [](const std::vector<std::pair<std::int64_t, DimensionValue>>& made) {
        std::vector<Seen> seen;
        std::int64_t at_us = 1'000 * kHour;
        for (const auto& [step_us, observed] : made) seen.push_back({.at_us = at_us += step_us, .value = observed});
        return seen;
      });
}

// What a dimension moves within 60 minutes of its clock's going forward, wherever they begin.
void expect_bounded(Dimension dimension, const std::vector<Seen>& observations) {
  std::vector<double> moved;
  for (const Seen& seen : observations) {
    const DimensionChange change = dimension.observe(seen.at_us, seen.value);
    moved.push_back(learned_by(change.old_value, change.state.value));
  }
  for (std::size_t first = 0; first < observations.size(); ++first) {
    std::int64_t passed_us = 0;
    double sum = 0;
    for (std::size_t last = first; last < observations.size(); ++last) {
      if (last > first) passed_us += std::max<std::int64_t>(0, observations[last].at_us - observations[last - 1].at_us);
      sum += moved[last];
      if (passed_us == 0) RC_ASSERT(sum <= 0.2 + kRounding);
      if (passed_us <= kHour) RC_ASSERT(sum <= 0.3 + kRounding);
      RC_ASSERT(sum <= 0.2 + 0.1 * static_cast<double>(passed_us) / 3.6e9 + kRounding);
    }
  }
}

rc::Gen<DimensionValue> any_number() {
  return rc::gen::map(rc::gen::oneOf(rc::gen::element(0, 100), rc::gen::inRange(0, 101)),
                      [](int percent) -> DimensionValue { return percent / 100.0; });
}

RC_GTEST_PROP(LearningBound, HoldsANumberWithinAnyHour, ()) {
  const std::string name = *rc::gen::element<std::string>("communication_formality", "proactive_suggestions", "own");
  const DimensionValue first = *any_number();
  expect_bounded(Dimension(name, first), *any_observations(any_number()));
}

RC_GTEST_PROP(LearningBound, HoldsAnOptionWithinAnyHour, ()) {
  const auto option = rc::gen::map(rc::gen::element<std::string>("dry", "playful", "roasting"),
                                   [](std::string text) -> DimensionValue { return text; });
  expect_bounded(Dimension("humor_style_preference", "balanced"s), *any_observations(option));
}

RC_GTEST_PROP(LearningBound, NeverLeavesLessThanNothingNorMoreThanAll, ()) {
  std::optional<Learned> learned;
  for (const Seen& seen : *any_observations(any_number())) {
    const double left = left_to_learn(learned, seen.at_us);
    RC_ASSERT(left >= 0 && left <= limits::kLearnedAtOnceMax);
    learned = after_observation(learned, seen.at_us, left * std::get<double>(seen.value));
  }
}

}  // namespace
}  // namespace penny::rules
