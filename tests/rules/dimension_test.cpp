#include "rules/dimension.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include <penny/limits.hpp>

namespace penny::rules {
namespace {

using Operation = std::variant<AdjustDimension, ObserveDimension, SetDimension>;

constexpr const char* kFormality = "communication_formality";
constexpr const char* kLength = "response_length_preference";

DimensionValue text(std::string value) { return value; }

DimensionState continuous(double value, double confidence = 0.3, std::uint64_t version = 0) {
  return {.kind = DimensionKind::kContinuous, .value = value, .confidence = confidence, .version = version};
}

DimensionState categorical(DimensionValue value, double confidence = 0.3, std::uint64_t version = 0) {
  return {.kind = DimensionKind::kCategorical, .value = std::move(value), .confidence = confidence, .version = version};
}

AdjustDimension adjustment(std::string name, double delta, double confidence_change = 0) {
  return {.name = std::move(name), .delta = delta, .confidence_change = confidence_change};
}

ObserveDimension observation(std::string name, DimensionValue value, double confidence) {
  return {.name = std::move(name), .value = std::move(value), .confidence = confidence};
}

SetDimension setting(std::string name, DimensionValue value, double confidence_change = 0) {
  return {.name = std::move(name), .value = std::move(value), .confidence_change = confidence_change};
}

// Where nothing was learned lately.
Result<DimensionChange> observe(const DimensionState& old, const ObserveDimension& operation) {
  return observe(old, operation, limits::kLearnedAtOnceMax);
}

Result<DimensionChange> change_by(const DimensionState& old, const Operation& operation) {
  if (const auto* adjusted = std::get_if<AdjustDimension>(&operation)) return adjust(old, *adjusted);
  if (const auto* observed = std::get_if<ObserveDimension>(&operation)) return observe(old, *observed);
  return set(old, std::get<SetDimension>(operation));
}

void expect_refused(const Result<DimensionChange>& change, const std::string& field, const std::string& part) {
  ASSERT_FALSE(change.has_value());
  EXPECT_EQ(change.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(change.error().field, field);
  EXPECT_NE((change.error().message + " | " + change.error().advice).find(part), std::string::npos)
      << change.error().message << " | " << change.error().advice;
}

rc::Gen<double> unit() {
  return rc::gen::map(rc::gen::inRange(0, 1'000'001), [](int millionths) { return millionths / 1e6; });
}

rc::Gen<double> signed_unit() {
  return rc::gen::map(rc::gen::inRange(-1'000'000, 1'000'001), [](int millionths) { return millionths / 1e6; });
}

// Of the named dimension, with values of both kinds; some are refused.
rc::Gen<Operation> any_operation(const std::string& name) {
  const auto option = rc::gen::map(rc::gen::element<std::string>("brief", "medium", "comprehensive", "purple"), text);
  const auto value =
      rc::gen::oneOf(rc::gen::map(unit(), [](double number) -> DimensionValue { return number; }), option);
  return rc::gen::oneOf(rc::gen::map(rc::gen::pair(signed_unit(), signed_unit()),
                                     [name](const std::pair<double, double>& made) -> Operation {
                                       return adjustment(name, made.first, made.second);
                                     }),
                        rc::gen::map(rc::gen::pair(value, unit()),
                                     [name](const std::pair<DimensionValue, double>& made) -> Operation {
                                       return observation(name, made.first, made.second);
                                     }),
                        rc::gen::map(rc::gen::pair(value, signed_unit()),
                                     [name](const std::pair<DimensionValue, double>& made) -> Operation {
                                       return setting(name, made.first, made.second);
                                     }));
}

rc::Gen<std::string> any_name() { return rc::gen::element<std::string>(kFormality, kLength, "my_own"); }

const DimensionValue* value_of(const Operation& operation) {
  if (const auto* observed = std::get_if<ObserveDimension>(&operation)) return &observed->value;
  if (const auto* set_to = std::get_if<SetDimension>(&operation)) return &set_to->value;
  return nullptr;
}

// The changes that a sequence makes, without those that are refused.
std::vector<DimensionChange> fold(const std::string& name, const std::vector<Operation>& operations) {
  std::vector<DimensionChange> changes;
  for (const Operation& operation : operations) {
    const DimensionState old = changes.empty() ? initial_dimension(name, value_of(operation)) : changes.back().state;
    if (auto change = change_by(old, operation)) changes.push_back(*change);
  }
  return changes;
}

TEST(DefaultDimensions, AreTheSevenOfTheOriginal) {
  using Row = std::tuple<std::string, DimensionKind, DimensionValue, double, std::size_t>;
  std::vector<Row> rows;
  for (const DimensionRule& rule : default_dimensions()) {
    rows.emplace_back(rule.name, rule.kind, rule.default_value, rule.learning_rate, rule.options.size());
  }
  constexpr auto kContinuous = DimensionKind::kContinuous;
  constexpr auto kCategorical = DimensionKind::kCategorical;
  EXPECT_EQ(rows, (std::vector<Row>{{"communication_formality", kContinuous, 0.5, 0.1, 0},
                                    {"conversation_pace_preference", kContinuous, 0.5, 0.1, 0},
                                    {"emotional_support_style", kCategorical, "balanced", 0.12, 5},
                                    {"humor_style_preference", kCategorical, "balanced", 0.15, 6},
                                    {"proactive_suggestions", kContinuous, 0.4, 0.08, 0},
                                    {"response_length_preference", kCategorical, "medium", 0.1, 4},
                                    {"technical_depth_preference", kContinuous, 0.5, 0.1, 0}}));
}

TEST(DefaultDimensions, AreFoundByTheirNames) {
  for (const DimensionRule& rule : default_dimensions()) EXPECT_EQ(find_rule(rule.name), &rule);
  EXPECT_EQ(find_rule("test_dimension"), nullptr);
  EXPECT_EQ(find_rule(""), nullptr);
}

TEST(DefaultDimensions, BeginWithAnOptionOfTheirOwn) {
  for (const DimensionRule& rule : default_dimensions()) {
    if (rule.kind == DimensionKind::kContinuous) continue;
    EXPECT_NE(std::ranges::find(rule.options, std::get<std::string>(rule.default_value)), rule.options.end());
  }
}

TEST(InitialDimension, OfADefaultDoesNotDependOnTheFirstValue) {
  const DimensionValue number = 0.9;
  EXPECT_EQ(initial_dimension(kLength, &number), categorical("medium"));
  EXPECT_EQ(initial_dimension(kLength, nullptr), categorical("medium"));
  EXPECT_EQ(initial_dimension("proactive_suggestions", &number), continuous(0.4));
}

TEST(InitialDimension, OfAnUnknownOneHasTheKindOfTheFirstValue) {
  const DimensionValue number = 0.9;
  const DimensionValue option = text("blue");
  EXPECT_EQ(initial_dimension("test_dimension", &number), continuous(0.5));
  EXPECT_EQ(initial_dimension("test_dimension", nullptr), continuous(0.5));
  EXPECT_EQ(initial_dimension("test_dimension", &option), categorical("blue"));
}

TEST(Adjust, AddsToValueAndConfidence) {
  const auto change = adjust(continuous(0.5, 0.25, 4), adjustment(kFormality, 0.25, 0.5));
  EXPECT_EQ(change->state, continuous(0.75, 0.75, 5));
  EXPECT_EQ(change->old_value, DimensionValue(0.5));
  EXPECT_EQ(change->confidence_change, 0.5);
}

TEST(Adjust, TwoWritersWhoBothRaiseByAHundredthRaiseByTwo) {
  const auto first = adjust(continuous(0.5), adjustment(kFormality, 0.01));
  const auto second = adjust(first->state, adjustment(kFormality, 0.01));
  EXPECT_DOUBLE_EQ(std::get<double>(second->state.value), 0.52);
}

TEST(Adjust, StaysInsideTheRange) {
  EXPECT_EQ(adjust(continuous(0.9, 0.9), adjustment(kFormality, 1, 1))->state, continuous(1, 1, 1));
  EXPECT_EQ(adjust(continuous(0.1, 0.1), adjustment(kFormality, -1, -1))->state, continuous(0, 0, 1));
}

TEST(Adjust, OfATextIsRefused) {
  expect_refused(adjust(categorical("medium"), adjustment(kLength, 0.1)), "delta", "\"medium\"");
}

TEST(Adjust, WorksOnANumberThatWasSetOnACategoricalDimension) {
  const auto number = set(categorical("medium"), setting(kLength, 0.5));
  const auto change = adjust(number->state, adjustment(kLength, 0.25));
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->state, categorical(0.75, 0.3, 2));
}

TEST(Observe, MovesAContinuousDimensionByItsLearningRate) {
  const auto formality = observe(continuous(0.5), observation(kFormality, 1.0, 0.8));
  EXPECT_EQ(formality->state.value, DimensionValue(0.5 + 0.1 * 0.5));
  const auto suggestions = observe(continuous(0.4), observation("proactive_suggestions", 0.0, 0.8));
  EXPECT_EQ(suggestions->state.value, DimensionValue(0.4 + 0.08 * -0.4));
  const auto own = observe(continuous(0.5), observation("my_own", 0.0, 0.8));
  EXPECT_EQ(own->state.value, DimensionValue(0.5 + 0.1 * -0.5));
}

TEST(Observe, AddsATwentiethOfItsConfidence) {
  const auto change = observe(continuous(0.5, 0.3), observation(kFormality, 1.0, 0.8));
  EXPECT_EQ(change->confidence_change, 0.05 * 0.8);
  EXPECT_EQ(change->state.confidence, 0.3 + 0.05 * 0.8);
  EXPECT_EQ(observe(continuous(0.5, 0.99), observation(kFormality, 1.0, 1))->state.confidence, 1.0);
}

TEST(Observe, TakesAnOptionOnlyAboveOneHalf) {
  EXPECT_EQ(observe(categorical("medium"), observation(kLength, "brief", 0.51))->state.value, text("brief"));
  const auto unsure = observe(categorical("medium"), observation(kLength, "brief", 0.5));
  EXPECT_EQ(unsure->state, categorical("medium", 0.3 + 0.05 * 0.5, 1));
}

TEST(Observe, GoesNoFurtherThanIsLeft) {
  EXPECT_EQ(observe(continuous(0.5), observation(kFormality, 1.0, 0.8), 0.01)->state,
            continuous(0.51, 0.3 + 0.05 * 0.8, 1));
  EXPECT_EQ(observe(continuous(0.5), observation(kFormality, 0.0, 0.8), 0.01)->state,
            continuous(0.49, 0.3 + 0.05 * 0.8, 1));
  EXPECT_EQ(observe(continuous(0.5), observation(kFormality, 0.0, 0.8), 0)->state,
            continuous(0.5, 0.3 + 0.05 * 0.8, 1));
}

TEST(Observe, TakesAnotherOptionOnlyIfEnoughIsLeft) {
  EXPECT_EQ(observe(categorical("medium"), observation(kLength, "brief", 1), 0.1)->state,
            categorical("brief", 0.35, 1));
  EXPECT_EQ(observe(categorical("medium"), observation(kLength, "brief", 1), 0.099)->state,
            categorical("medium", 0.35, 1));
  EXPECT_EQ(observe(categorical("medium"), observation(kLength, "medium", 1), 0)->state,
            categorical("medium", 0.35, 1));
  expect_refused(observe(categorical("medium"), observation(kLength, "purple", 1), 0), "value", "purple");
}

TEST(Observe, OfAnotherKindIsRefused) {
  expect_refused(observe(continuous(0.5), observation(kFormality, "formal", 0.9)), "value", "continuous");
  expect_refused(observe(categorical("medium"), observation(kLength, 0.7, 0.9)), "value", "categorical");
  expect_refused(observe(categorical(0.4), observation(kLength, 0.7, 0.9)), "value", "categorical");
}

TEST(Observe, AnOptionThatADefaultDimensionDoesNotHaveIsRefusedWithItsOptions) {
  expect_refused(observe(categorical("medium"), observation(kLength, "purple", 0.9)), "value",
                 "brief, medium, detailed, comprehensive");
  expect_refused(observe(categorical("medium"), observation(kLength, "purple", 0.1)), "value", "purple");
  EXPECT_TRUE(observe(categorical("blue"), observation("my_own", "purple", 0.9)).has_value());
}

TEST(Set, ReplacesTheValue) {
  const auto number = set(continuous(0.5, 0.3, 2), setting(kFormality, 0.9, 0.1));
  EXPECT_EQ(number->state, continuous(0.9, 0.4, 3));
  const auto option = set(categorical("medium"), setting(kLength, "brief", -0.1));
  EXPECT_EQ(option->state.value, text("brief"));
  EXPECT_EQ(option->old_value, text("medium"));
}

TEST(Set, StoresANumberOnACategoricalDimensionAsItIsGiven) {
  const auto number = set(categorical("medium"), setting(kLength, 0.37));
  EXPECT_EQ(number->state, categorical(0.37, 0.3, 1));
  EXPECT_EQ(set(number->state, setting(kLength, "brief"))->state.value, text("brief"));
  EXPECT_EQ(observe(number->state, observation(kLength, "brief", 0.9))->state.value, text("brief"));
  EXPECT_EQ(observe(number->state, observation(kLength, "brief", 0.2))->state.value, DimensionValue(0.37));
}

TEST(Set, OfATextOnAContinuousDimensionIsRefused) {
  expect_refused(set(continuous(0.5), setting(kFormality, "formal")), "value", "continuous");
  expect_refused(set(continuous(0.5), setting("my_own", "formal")), "value", "continuous");
}

TEST(Set, OfAnUnknownOptionIsRefusedWithTheOptions) {
  expect_refused(set(categorical("balanced"), setting("emotional_support_style", "hugs")), "value",
                 "analytical, empathetic, solution_focused, cheerleading, balanced");
}

TEST(Set, AClampedConfidenceIsReportedAsItWasApplied) {
  EXPECT_EQ(set(continuous(0.5, 0.75), setting(kFormality, 0.5, 0.5))->confidence_change, 0.25);
  EXPECT_EQ(set(continuous(0.5, 0.25), setting(kFormality, 0.5, -0.5))->confidence_change, -0.25);
  EXPECT_EQ(set(continuous(0.5, 0.3), setting(kFormality, 0.5, 0.05))->confidence_change, 0.05);
}

RC_GTEST_PROP(Dimension, StaysInRangeUnderAnySequence, ()) {
  const std::string name = *any_name();
  for (const DimensionChange& change : fold(name, *rc::gen::container<std::vector<Operation>>(any_operation(name)))) {
    RC_ASSERT(change.state.confidence >= 0.0 && change.state.confidence <= 1.0);
    if (const double* number = std::get_if<double>(&change.state.value)) RC_ASSERT(*number >= 0.0 && *number <= 1.0);
  }
}

RC_GTEST_PROP(Dimension, StaysInRangeEvenForOperationsBeyondTheLimits,
              (double delta, double number, double confidence)) {
  DimensionState current = continuous(0.5);
  for (const Operation& operation :
       std::vector<Operation>{adjustment("my_own", delta, confidence), observation("my_own", number, confidence),
                              setting("my_own", number, delta)}) {
    current = change_by(current, operation)->state;
    const double value = std::get<double>(current.value);
    RC_ASSERT(value >= 0.0 && value <= 1.0);
    RC_ASSERT(current.confidence >= 0.0 && current.confidence <= 1.0);
  }
}

RC_GTEST_PROP(Dimension, EvolutionIsAChain, ()) {
  const std::string name = *any_name();
  const auto changes = fold(name, *rc::gen::container<std::vector<Operation>>(any_operation(name)));
  for (std::size_t i = 0; i < changes.size(); ++i) {
    RC_ASSERT(changes[i].state.version == i + 1);
    if (i == 0) continue;
    RC_ASSERT(changes[i].old_value == changes[i - 1].state.value);
    RC_ASSERT(changes[i].state.kind == changes[i - 1].state.kind);
  }
}

RC_GTEST_PROP(Dimension, ConfidenceIsTheSumOfTheChangesToTheBit, ()) {
  const std::string name = *any_name();
  double confidence = kInitialConfidence;
  for (const DimensionChange& change : fold(name, *rc::gen::container<std::vector<Operation>>(any_operation(name)))) {
    confidence += change.confidence_change;
    RC_ASSERT(std::bit_cast<std::uint64_t>(confidence) == std::bit_cast<std::uint64_t>(change.state.confidence));
  }
}

RC_GTEST_PROP(Dimension, FoldsToTheSameStateEveryTime, ()) {
  const std::string name = *any_name();
  const auto operations = *rc::gen::container<std::vector<Operation>>(any_operation(name));
  const auto first = fold(name, operations);
  const auto second = fold(name, operations);
  RC_ASSERT(first.size() == second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    RC_ASSERT(first[i].state == second[i].state);
    RC_ASSERT(first[i].confidence_change == second[i].confidence_change);
  }
}

RC_GTEST_PROP(Dimension, ADefaultCategoricalOneHoldsOnlyOptionsAndNumbers, ()) {
  for (const DimensionChange& change :
       fold(kLength, *rc::gen::container<std::vector<Operation>>(any_operation(kLength)))) {
    if (const auto* option = std::get_if<std::string>(&change.state.value)) RC_ASSERT(*option != "purple");
  }
}

RC_GTEST_PROP(Adjust, TwoCommuteUnlessOneIsClamped, ()) {
  const double start = 0.4 + 0.2 * *unit();
  const double first = 0.19 * *signed_unit();
  const double second = 0.19 * *signed_unit();
  const auto after = [&](double one, double other) {
    const auto change = adjust(continuous(start), adjustment(kFormality, one));
    return std::get<double>(adjust(change->state, adjustment(kFormality, other))->state.value);
  };
  RC_ASSERT(std::abs(after(first, second) - after(second, first)) <= 1e-15);
}

RC_GTEST_PROP(Adjust, ALargerDeltaNeverEndsLower, ()) {
  const DimensionState old = continuous(*unit());
  const auto [smaller, larger] = std::minmax({*signed_unit(), *signed_unit()});
  const auto value = [&](double delta) {
    return std::get<double>(adjust(old, adjustment(kFormality, delta))->state.value);
  };
  RC_ASSERT(value(smaller) <= value(larger));
}

RC_GTEST_PROP(Observe, NeverOvershootsWhatWasObserved, ()) {
  const std::string name = *rc::gen::element<std::string>(kFormality, "proactive_suggestions", "my_own");
  const double old = *unit();
  const double observed = *unit();
  const auto change = observe(continuous(old), observation(name, observed, *unit()));
  const double value = std::get<double>(change->state.value);
  RC_ASSERT(value >= std::min(old, observed) && value <= std::max(old, observed));
  RC_ASSERT((value == old) == (old == observed));
}

RC_GTEST_PROP(Observe, NeverGoesFurtherThanIsLeft, ()) {
  const double old = *unit();
  const double observed = *unit();
  const double left = 0.2 * *unit();
  const auto free = std::get<double>(observe(continuous(old), observation("my_own", observed, 1))->state.value);
  const auto bound = std::get<double>(observe(continuous(old), observation("my_own", observed, 1), left)->state.value);
  RC_ASSERT(std::abs(bound - old) <= left + 1e-15);
  RC_ASSERT(bound >= std::min(old, free) && bound <= std::max(old, free));
  if (std::abs(free - old) < left) RC_ASSERT(bound == free);
}

RC_GTEST_PROP(Observe, ComesAsNearAsOneLikesToWhatIsObservedAgainAndAgain, ()) {
  const double observed = *unit();
  DimensionState current = continuous(*unit());
  for (int seen = 0; seen < 300; ++seen) current = observe(current, observation("my_own", observed, 1))->state;
  RC_ASSERT(std::abs(std::get<double>(current.value) - observed) < 1e-9);
  RC_ASSERT(current.confidence == 1.0);
}

RC_GTEST_PROP(Set, GivesBackTheVeryNumber, ()) {
  const double number = *unit();
  const std::string name = *any_name();
  const DimensionState old = name == kLength ? categorical("medium") : continuous(0.5);
  RC_ASSERT(set(old, setting(name, number))->state.value == DimensionValue(number));
}

}  // namespace
}  // namespace penny::rules
