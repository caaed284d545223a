// The personality as the store keeps it, and its evolution. What an operation means: rules/dimension_test.cpp.

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support/stores.hpp"

namespace penny::test {
namespace {

using namespace std::string_literals;

DimensionResult commit(Store& store, Payload payload) {
  return result_of<DimensionResult>(must(store.commit(operation_of("cj", std::move(payload)))));
}

Dimension dimension(const Store& store, const std::string& name) {
  for (const Dimension& one : must(store.personality("cj")).value) {
    if (one.name == name) return one;
  }
  throw std::runtime_error("no dimension " + name);
}

TEST(Personality, OfEveryUserBeginsWithSevenDefaults) {
  const StoreFolder folder;
  Store store = folder.open();
  const auto read = must(store.personality("nobody"));
  EXPECT_EQ(read.rev, 0U);
  std::vector<std::string> names;
  for (const Dimension& one : read.value) {
    names.push_back(one.name);
    EXPECT_EQ(one.confidence, 0.3);
    EXPECT_EQ(one.version, 0U);
    EXPECT_EQ(one.rev, 0U);
    EXPECT_FALSE(one.updated_at.has_value());
  }
  EXPECT_THAT(names, testing::ElementsAre("communication_formality", "conversation_pace_preference",
                                          "emotional_support_style", "humor_style_preference", "proactive_suggestions",
                                          "response_length_preference", "technical_depth_preference"));
  EXPECT_EQ(read.value[0].value, DimensionValue(0.5));
  EXPECT_EQ(read.value[4].value, DimensionValue(0.4));
  EXPECT_EQ(read.value[5].value, DimensionValue("medium"s));
  EXPECT_EQ(read.value[5].kind, DimensionKind::kCategorical);
}

TEST(Personality, OfOneUserIsNotThatOfAnother) {
  const StoreFolder folder;
  Store store = folder.open();
  commit(store, AdjustDimension{.name = "communication_formality", .delta = 0.25});
  EXPECT_EQ(must(store.personality("ada")).value.at(0).value, DimensionValue(0.5));
  EXPECT_EQ(must(store.personality("cj")).value.at(0).value, DimensionValue(0.75));
}

TEST(Dimensions, AreAdjustedFromWhateverIsCurrent) {
  const StoreFolder folder;
  Store store = folder.open();
  EXPECT_EQ(
      commit(store, AdjustDimension{.name = "communication_formality", .delta = 0.25, .confidence_change = 0.125}),
      (DimensionResult{.value = 0.75, .confidence = 0.3 + 0.125, .version = 1}));
  EXPECT_EQ(commit(store, AdjustDimension{.name = "communication_formality", .delta = 1, .confidence_change = 1}),
            (DimensionResult{.value = 1.0, .confidence = 1, .version = 2}));
  EXPECT_EQ(commit(store, AdjustDimension{.name = "communication_formality", .delta = -1, .confidence_change = -1}),
            (DimensionResult{.value = 0.0, .confidence = 0, .version = 3}));
  const Dimension now = dimension(store, "communication_formality");
  EXPECT_EQ(now.value, DimensionValue(0.0));
  EXPECT_EQ(now.version, 3U);
  EXPECT_EQ(now.rev, 3U);
  EXPECT_TRUE(now.updated_at.has_value());
}

TEST(Dimensions, AreObservedByTheirLearningRate) {
  const StoreFolder folder;
  Store store = folder.open();
  EXPECT_EQ(commit(store, ObserveDimension{.name = "proactive_suggestions", .value = 0.9, .confidence = 1}),
            (DimensionResult{.value = 0.4 + 0.08 * (0.9 - 0.4), .confidence = 0.3 + 0.05, .version = 1}));
  EXPECT_EQ(commit(store, ObserveDimension{.name = "humor_style_preference", .value = "dry"s, .confidence = 0.5}).value,
            DimensionValue("balanced"s));
  EXPECT_EQ(
      commit(store, ObserveDimension{.name = "humor_style_preference", .value = "dry"s, .confidence = 0.75}).value,
      DimensionValue("dry"s));
}

TEST(Dimensions, ThatNobodyDeclaredGetTheKindOfTheirFirstValue) {
  const StoreFolder folder;
  Store store = folder.open();
  commit(store, SetDimension{.name = "energy", .value = 0.875});
  commit(store, SetDimension{.name = "mood", .value = "calm"s, .confidence_change = 0.2});
  commit(store, AdjustDimension{.name = "warmth", .delta = 0.125});
  EXPECT_EQ(must(store.personality("cj")).value.size(), 10U);
  EXPECT_EQ(dimension(store, "energy").kind, DimensionKind::kContinuous);
  EXPECT_EQ(dimension(store, "energy").value, DimensionValue(0.875));
  EXPECT_EQ(dimension(store, "mood").kind, DimensionKind::kCategorical);
  EXPECT_EQ(dimension(store, "mood").value, DimensionValue("calm"s));
  EXPECT_EQ(dimension(store, "mood").confidence, 0.3 + 0.2);
  EXPECT_EQ(dimension(store, "warmth").value, DimensionValue(0.625));
  const auto names = must(store.personality("cj")).value;
  EXPECT_TRUE(std::ranges::is_sorted(names, {}, &Dimension::name));
}

TEST(Dimensions, ThatAreCategoricalKeepANumberThatWasSet) {
  const StoreFolder folder;
  Store store = folder.open();
  EXPECT_EQ(commit(store, SetDimension{.name = "response_length_preference", .value = 0.7}).value, DimensionValue(0.7));
  EXPECT_EQ(dimension(store, "response_length_preference").kind, DimensionKind::kCategorical);
  EXPECT_EQ(dimension(store, "response_length_preference").value, DimensionValue(0.7));
  EXPECT_EQ(commit(store, SetDimension{.name = "response_length_preference", .value = "brief"s}).value,
            DimensionValue("brief"s));
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(Dimensions, RefuseWhatIsNotOfTheirKind) {
  const StoreFolder folder;
  Store store = folder.open();
  const std::vector<std::pair<Payload, std::string>> refused{
      {SetDimension{.name = "communication_formality", .value = "formal"s}, "value"},
      {ObserveDimension{.name = "communication_formality", .value = "formal"s}, "value"},
      {ObserveDimension{.name = "humor_style_preference", .value = 0.5}, "value"},
      {SetDimension{.name = "humor_style_preference", .value = "sarcastic"s}, "value"},
      {AdjustDimension{.name = "humor_style_preference", .delta = 0.1}, "delta"}};
  for (const auto& [payload, field] : refused) {
    const Error error = refusal(store.commit(operation_of("cj", payload)));
    EXPECT_EQ(error.code, ErrorCode::kInvalid);
    EXPECT_EQ(error.field, field) << error.message;
  }
  EXPECT_EQ(must(store.statistics()).users, 0U);
}

TEST(Evolution, TellsEveryChangeWithItsTrigger) {
  const StoreFolder folder;
  Store store = folder.open();
  const OperationId id = OperationId::make();
  Operation set =
      with_id(operation_of(
                  "cj", SetDimension{.name = "mood", .value = "calm"s, .confidence_change = 0.9, .trigger = "said so"}),
              id);
  set.at = day(4);
  must(store.commit(a_turn()));
  must(store.commit(set));
  const auto page = must(store.evolution("cj"));
  ASSERT_EQ(page.items.size(), 1U);
  const Evolution& one = page.items[0];
  EXPECT_EQ(one.dimension, "mood");
  EXPECT_EQ(one.version, 1U);
  EXPECT_EQ(one.old_value, DimensionValue("calm"s));
  EXPECT_EQ(one.new_value, DimensionValue("calm"s));
  EXPECT_EQ(one.confidence_change, 1 - 0.3);  // as applied
  EXPECT_EQ(one.trigger, "said so");
  EXPECT_EQ(one.operation, id);
  EXPECT_EQ(one.rev, 2U);
  EXPECT_EQ(one.at, day(4));
}

// Versions are 1..n without a hole, each old value is the new value of the row before, and the last row is the state.
RC_GTEST_PROP(Evolution, IsAChainThatLeadsToTheState, ()) {
  const StoreFolder folder;
  Store store = folder.open();
  const auto steps = *rc::gen::inRange(1, 15);
  for (int step = 0; step < steps; ++step) {
    const auto name = *rc::gen::element<std::string>("communication_formality", "own");
    const double number = *rc::gen::inRange(-100, 101) / 100.0;
    const double confidence_change = *rc::gen::inRange(-100, 101) / 100.0;
    const int kind = *rc::gen::inRange(0, 3);
    if (kind == 0) {
      commit(store, AdjustDimension{.name = name, .delta = number, .confidence_change = confidence_change});
    } else if (kind == 1) {
      commit(store,
             ObserveDimension{.name = name, .value = std::abs(number), .confidence = std::abs(confidence_change)});
    } else {
      commit(store, SetDimension{.name = name, .value = std::abs(number), .confidence_change = confidence_change});
    }
  }
  for (const char* name : {"communication_formality", "own"}) {
    const auto chain = must(store.evolution("cj", name)).items;
    if (chain.empty()) continue;
    double confidence = 0.3;
    for (std::size_t i = 0; i < chain.size(); ++i) {
      RC_ASSERT(chain[i].version == i + 1);
      RC_ASSERT(chain[i].old_value == (i == 0 ? DimensionValue(0.5) : chain[i - 1].new_value));
      confidence += chain[i].confidence_change;
    }
    const Dimension now = dimension(store, name);
    RC_ASSERT(now.value == chain.back().new_value);
    RC_ASSERT(now.confidence == confidence);
    RC_ASSERT(now.version == chain.size());
    RC_ASSERT(now.rev == chain.back().rev);
  }
  RC_ASSERT(must(store.evolution("cj")).items.size() == static_cast<std::size_t>(steps));
  RC_ASSERT(must(store.verify()).problems.empty());
}

TEST(Evolution, OfOneOrAllDimensionsComesInPagesInOrderOfRev) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int i = 0; i < 5; ++i) {
    commit(store, AdjustDimension{.name = "energy", .delta = 0.01});
    commit(store, AdjustDimension{.name = "calm", .delta = 0.01});
  }
  const auto first = must(store.evolution("cj", "energy", 0, 2));
  ASSERT_EQ(first.items.size(), 2U);
  EXPECT_EQ(first.items[1].rev, 3U);
  const auto second = must(store.evolution("cj", "energy", first.next.value(), 3));
  ASSERT_EQ(second.items.size(), 3U);
  EXPECT_EQ(second.items[0].rev, 5U);
  EXPECT_FALSE(second.next.has_value());
  const auto all = must(store.evolution("cj", {}, 7, 2));
  ASSERT_EQ(all.items.size(), 2U);
  EXPECT_EQ(all.items[0].dimension, "calm");
  EXPECT_EQ(all.items[1].dimension, "energy");
  EXPECT_EQ(all.next, 9U);
  EXPECT_TRUE(must(store.evolution("cj", "nothing")).items.empty());
}

}  // namespace
}  // namespace penny::test
