#include "rules/stand_ins.hpp"

#include <cmath>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "rules/dimension.hpp"
#include "rules/learning.hpp"
#include "rules/preference.hpp"

namespace penny::rules {
namespace {

// 0..1, often at the edges and in few digits.
rc::Gen<double> any_share() {
  return rc::gen::oneOf(rc::gen::element(0.0, 1.0, 0.5, 0.05, 0.3, 5e-324, 1e-17, std::nextafter(0.5, 1.0)),
                        rc::gen::map(rc::gen::inRange(0, 101), [](int percent) { return percent / 100.0; }),
                        rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                                     [](std::uint64_t bits) { return static_cast<double>(bits >> 11U) * 0x1p-53; }));
}

// What is left to learn: often enough, often nothing, and all between.
rc::Gen<double> any_left() {
  return rc::gen::oneOf(rc::gen::element(0.2, 0.0, 0.1, 0.01, 1e-17),
                        rc::gen::map(any_share(), [](double share) { return 0.2 * share; }));
}

rc::Gen<DimensionState> any_state(const DimensionValue& value, DimensionKind kind) {
  return rc::gen::map(any_share(), [value, kind](double confidence) {
    return DimensionState{.kind = kind, .value = value, .confidence = confidence, .version = 7};
  });
}

KnownChange known(const DimensionState& old, const DimensionChange& change) {
  return {.kind = old.kind,
          .old_value = change.old_value,
          .new_value = change.state.value,
          .confidence_change = change.confidence_change,
          .confidence = change.state.confidence};
}

void expect_same(const Result<DimensionChange>& again, const DimensionChange& change) {
  RC_ASSERT(again.has_value());
  RC_ASSERT(again->state == change.state);
  RC_ASSERT(again->old_value == change.old_value);
  RC_ASSERT(again->confidence_change == change.confidence_change);
}

RC_GTEST_PROP(StandIns, AnAdjustmentLeadsToTheSameBits, ()) {
  const DimensionState old = *any_state(*any_share(), DimensionKind::kContinuous);
  const double delta = *any_share() * *rc::gen::element(1, -1) + 0.0;
  const double confidence_change = *any_share() * *rc::gen::element(1, -1) + 0.0;
  const auto change = adjust(old, {.name = "pace", .delta = delta, .confidence_change = confidence_change});
  const AdjustDimension stand_in = stand_in_adjustment("pace", known(old, *change), "t");
  RC_ASSERT(std::abs(stand_in.delta) <= 1);
  RC_ASSERT(!(stand_in.delta == 0 && std::signbit(stand_in.delta)));
  expect_same(adjust(old, stand_in), *change);
}

RC_GTEST_PROP(StandIns, AnObservedNumberLeadsToTheSameBits, ()) {
  const std::string name = *rc::gen::element<std::string>("proactive_suggestions", "communication_formality", "own");
  const DimensionState old = *any_state(*any_share(), DimensionKind::kContinuous);
  const double left = *any_left();
  const auto change = observe(old, {.name = name, .value = *any_share(), .confidence = *any_share()}, left);
  expect_same(observe(old, stand_in_observation(name, known(old, *change), "t"), left), *change);
}

RC_GTEST_PROP(StandIns, AnObservedOptionLeadsToTheSameBits, ()) {
  const std::string name = *rc::gen::element<std::string>("humor_style_preference", "own");
  const auto options = rc::gen::element<std::string>("dry", "playful");
  // A number may have been set on a categorical one.
  const DimensionValue held = *rc::gen::arbitrary<bool>() ? DimensionValue(*options) : DimensionValue(*any_share());
  const DimensionState old = *any_state(held, DimensionKind::kCategorical);
  const double left = *any_left();
  const auto change = observe(old, {.name = name, .value = *options, .confidence = *any_share()}, left);
  expect_same(observe(old, stand_in_observation(name, known(old, *change), "t"), left), *change);
}

RC_GTEST_PROP(StandIns, ASettingLeadsToTheSameBits, ()) {
  const DimensionState old = *any_state(*any_share(), DimensionKind::kContinuous);
  const double confidence_change = *any_share() * *rc::gen::element(1, -1) + 0.0;
  const auto change = set(old, {.name = "own", .value = *any_share(), .confidence_change = confidence_change});
  expect_same(set(old, stand_in_setting("own", known(old, *change), "t")), *change);
}

RC_GTEST_PROP(StandIns, AnObservedPreferenceLeadsToTheSameBits, ()) {
  const PreferenceState old{.value = "\"then\"",
                            .confidence = *any_share(),
                            .frequency = *rc::gen::inRange<std::uint64_t>(1, 9),
                            .version = 3};
  const std::string value = *rc::gen::element<std::string>("\"then\"", "\"now\"");
  const PreferenceChange change = observe(old, {.key = "k", .value = value, .confidence = *any_share()});
  const PreferenceResult outcome{.confidence = change.state.confidence,
                                 .frequency = change.state.frequency,
                                 .version = change.state.version,
                                 .is_value_taken = change.is_value_taken};
  const bool agrees = outcome.is_value_taken && outcome.frequency > 1;
  const auto again =
      observe(old, stand_in_observation("k", old.confidence, outcome, agrees ? old.value : "\"stand-in\""));
  RC_ASSERT(again.state.confidence == change.state.confidence);
  RC_ASSERT(again.state.frequency == change.state.frequency);
  RC_ASSERT(again.state.version == change.state.version);
  RC_ASSERT(again.is_value_taken == change.is_value_taken);
}

TEST(StandIns, ATriggerIsForgottenWithItsTurn) {
  const OperationId turn = OperationId::make();
  EXPECT_EQ(taught_by(forgotten_trigger(turn)), turn);
}

}  // namespace
}  // namespace penny::rules
