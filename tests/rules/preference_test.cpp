#include "rules/preference.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <variant>
#include <vector>

namespace penny::rules {
namespace {

using Operation = std::variant<ObservePreference, SetPreference>;

PreferenceState state(std::string value, double confidence, std::uint64_t frequency = 1, std::uint64_t version = 1) {
  return {.value = std::move(value), .confidence = confidence, .frequency = frequency, .version = version};
}

ObservePreference observation(std::string value, double confidence) {
  return {.key = "k", .value = std::move(value), .confidence = confidence};
}

SetPreference setting(std::string value, double confidence) {
  return {.key = "k", .value = std::move(value), .confidence = confidence};
}

PreferenceChange change_by(const std::optional<PreferenceState>& old, const Operation& operation) {
  if (const auto* observed = std::get_if<ObservePreference>(&operation)) return observe(old, *observed);
  return set(old, std::get<SetPreference>(operation));
}

rc::Gen<double> unit() {
  return rc::gen::map(rc::gen::inRange(0, 101), [](int percent) { return percent / 100.0; });
}

rc::Gen<Operation> any_operation() {
  const auto value = rc::gen::element<std::string>("true", "false", "\"helpful\"", "\"humorous\"", "1");
  return rc::gen::map(rc::gen::tuple(value, unit(), rc::gen::weightedElement<bool>({{4, true}, {1, false}})),
                      [](const std::tuple<std::string, double, bool>& made) -> Operation {
                        const auto& [text, confidence, is_observation] = made;
                        if (is_observation) return observation(text, confidence);
                        return setting(text, confidence);
                      });
}

TEST(Preference, TheFirstObservationIsTakenAsItIs) {
  const PreferenceChange change = observe({}, observation("\"helpful\"", 0.1));
  EXPECT_EQ(change.state, state("\"helpful\"", 0.1));
  EXPECT_TRUE(change.is_value_taken);
}

TEST(Preference, TheSameValueAddsItsConfidenceAndCounts) {
  const PreferenceChange change = observe(state("\"helpful\"", 0.5, 3, 7), observation("\"helpful\"", 0.2));
  EXPECT_EQ(change.state, state("\"helpful\"", 0.7, 4, 8));
  EXPECT_TRUE(change.is_value_taken);
}

TEST(Preference, TheSameValueNeverGoesBeyondOne) {
  EXPECT_EQ(observe(state("true", 0.95), observation("true", 0.1)).state.confidence, 1.0);
}

TEST(Preference, TheSameJsonInAnotherSpellingIsTheSameValue) {
  const PreferenceChange change = observe(state("{\"a\": 1}", 0.5, 2, 2), observation(" {\"a\":1.0}", 0.1));
  EXPECT_EQ(change.state, state("{\"a\": 1}", 0.6, 3, 3));
}

TEST(Preference, ASurerValueReplacesTheOld) {
  const PreferenceChange change = observe(state("\"helpful\"", 0.3, 3, 3), observation("\"humorous\"", 0.4));
  EXPECT_EQ(change.state, state("\"humorous\"", 0.4, 1, 4));
  EXPECT_TRUE(change.is_value_taken);
}

TEST(Preference, AValueThatIsNoSurerOnlyWeakensTheOld) {
  const PreferenceChange weaker = observe(state("\"helpful\"", 0.5, 3, 3), observation("\"humorous\"", 0.2));
  EXPECT_EQ(weaker.state, state("\"helpful\"", 0.45, 3, 4));
  EXPECT_FALSE(weaker.is_value_taken);

  const PreferenceChange equal = observe(state("\"helpful\"", 0.5, 3, 3), observation("\"humorous\"", 0.5));
  EXPECT_EQ(equal.state.value, "\"helpful\"");
  EXPECT_FALSE(equal.is_value_taken);
}

TEST(Preference, ContradictionStopsAtATenth) {
  EXPECT_EQ(observe(state("true", 0.12), observation("false", 0.01)).state.confidence, 0.1);
  EXPECT_EQ(observe(state("true", 0.1), observation("false", 0.1)).state.confidence, 0.1);
}

TEST(Preference, SettingReplacesValueAndConfidence) {
  const PreferenceChange change = set(state("true", 0.9, 8, 8), setting("false", 0.2));
  EXPECT_EQ(change.state, state("false", 0.2, 1, 9));
  EXPECT_TRUE(change.is_value_taken);
}

TEST(Preference, SettingTheSameValueGoesOnCounting) {
  EXPECT_EQ(set(state("true", 0.9, 8, 8), setting("true", 0.2)).state, state("true", 0.2, 9, 9));
}

TEST(Preference, SettingTheFirstTimeIsTakenAsItIs) { EXPECT_EQ(set({}, setting("[1]", 1)).state, state("[1]", 1)); }

RC_GTEST_PROP(Preference, StaysInRangeAndItsVersionsAreWithoutAHole, ()) {
  const auto operations = *rc::gen::container<std::vector<Operation>>(any_operation());
  std::optional<PreferenceState> current;
  std::uint64_t version = 0;
  for (const Operation& operation : operations) {
    const PreferenceChange change = change_by(current, operation);
    RC_ASSERT(change.state.version == ++version);
    RC_ASSERT(change.state.confidence >= 0.0 && change.state.confidence <= 1.0);
    RC_ASSERT(change.state.frequency >= 1U && change.state.frequency <= version);
    current = change.state;
  }
}

RC_GTEST_PROP(Preference, IsTakenExactlyWhenTheStateHoldsTheValueBrought, ()) {
  const PreferenceState old = state(*rc::gen::element<std::string>("true", "\"helpful\""), *unit(), 2, 2);
  const Operation operation = *any_operation();
  const std::string brought = std::visit([](const auto& each) { return each.value; }, operation);
  const PreferenceChange change = change_by(old, operation);
  RC_ASSERT(change.is_value_taken == (change.state.value == brought));
  RC_ASSERT(change.is_value_taken || change.state.value == old.value);
}

RC_GTEST_PROP(Preference, AgreementNeverWeakensIt, ()) {
  const PreferenceState old = state("true", *unit());
  RC_ASSERT(observe(old, observation("true", *unit())).state.confidence >= old.confidence);
}

RC_GTEST_PROP(Preference, AfterEnoughAgreementItIsCertain, ()) {
  const int percent = *rc::gen::inRange(1, 101);
  std::optional<PreferenceState> current;
  for (int seen = 0; seen < 101; ++seen) current = observe(current, observation("true", percent / 100.0)).state;
  RC_ASSERT(current->confidence == 1.0);
  RC_ASSERT(current->frequency == 101U);
}

RC_GTEST_PROP(Preference, FoldsToTheSameStateEveryTime, ()) {
  const auto operations = *rc::gen::container<std::vector<Operation>>(any_operation());
  const auto fold = [&] {
    std::optional<PreferenceState> current;
    for (const Operation& operation : operations) current = change_by(current, operation).state;
    return current;
  };
  RC_ASSERT(fold() == fold());
}

}  // namespace
}  // namespace penny::rules
