// Preferences as the store keeps them. How evidence is weighed: rules/preference_test.cpp.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stores.hpp"

namespace penny::test {
namespace {

PreferenceResult commit(Store& store, Payload payload) {
  return result_of<PreferenceResult>(must(store.commit(at_time(operation_of("cj", std::move(payload)), day(1)))));
}

TEST(Preferences, FirstObservationIsTakenAsItIs) {
  const StoreFolder folder;
  Store store = folder.open();
  EXPECT_EQ(commit(store, ObservePreference{.key = "color", .value = "\"blue\"", .confidence = 0.25}),
            (PreferenceResult{.confidence = 0.25, .frequency = 1, .version = 1, .is_value_taken = true}));
  const auto page = must(store.preferences("cj"));
  ASSERT_EQ(page.items.size(), 1U);
  const Preference& color = page.items[0];
  EXPECT_EQ(color.key, "color");
  EXPECT_EQ(color.value, "\"blue\"");
  EXPECT_EQ(color.confidence, 0.25);
  EXPECT_EQ(color.frequency, 1U);
  EXPECT_EQ(color.version, 1U);
  EXPECT_EQ(color.rev, 1U);
  EXPECT_EQ(color.updated_at, day(1));
}

TEST(Preferences, SameValueMakesSurerAnotherOneLessSureOrReplaces) {
  const StoreFolder folder;
  Store store = folder.open();
  commit(store, ObservePreference{.key = "color", .value = "\"blue\"", .confidence = 0.25});
  EXPECT_EQ(commit(store, ObservePreference{.key = "color", .value = " \"blue\" ", .confidence = 0.5}),
            (PreferenceResult{.confidence = 0.75, .frequency = 2, .version = 2, .is_value_taken = true}));
  EXPECT_EQ(commit(store, ObservePreference{.key = "color", .value = "\"red\"", .confidence = 0.5}),
            (PreferenceResult{.confidence = 0.75 - 0.05, .frequency = 2, .version = 3, .is_value_taken = false}));
  EXPECT_EQ(must(store.preferences("cj")).items.at(0).value, "\"blue\"");
  EXPECT_EQ(commit(store, ObservePreference{.key = "color", .value = "\"red\"", .confidence = 0.875}),
            (PreferenceResult{.confidence = 0.875, .frequency = 1, .version = 4, .is_value_taken = true}));
  EXPECT_EQ(commit(store, ObservePreference{.key = "color", .value = "\"red\"", .confidence = 0.5}),
            (PreferenceResult{.confidence = 1, .frequency = 2, .version = 5, .is_value_taken = true}));
  const Preference color = must(store.preferences("cj")).items.at(0);
  EXPECT_EQ(color.value, "\"red\"");
  EXPECT_EQ(color.rev, 5U);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(Preferences, SettingReplaces) {
  const StoreFolder folder;
  Store store = folder.open();
  commit(store, ObservePreference{.key = "color", .value = "\"blue\"", .confidence = 1});
  EXPECT_EQ(commit(store, SetPreference{.key = "color", .value = "{\"hex\":\"#00f\"}", .confidence = 0.125}),
            (PreferenceResult{.confidence = 0.125, .frequency = 1, .version = 2, .is_value_taken = true}));
  EXPECT_EQ(commit(store, SetPreference{.key = "color", .value = "{ \"hex\": \"#00f\" }", .confidence = 0.25}),
            (PreferenceResult{.confidence = 0.25, .frequency = 2, .version = 3, .is_value_taken = true}));
  EXPECT_EQ(must(store.preferences("cj")).items.at(0).value, "{ \"hex\": \"#00f\" }");
}

TEST(Preferences, BelongToTheirUser) {
  const StoreFolder folder;
  Store store = folder.open();
  commit(store, SetPreference{.key = "color", .value = "\"blue\""});
  must(store.commit(operation_of("ada", SetPreference{.key = "color", .value = "\"red\""})));
  EXPECT_EQ(must(store.preferences("cj")).items.at(0).value, "\"blue\"");
  EXPECT_EQ(must(store.preferences("ada")).items.at(0).value, "\"red\"");
  EXPECT_EQ(must(store.preferences("ada")).items.at(0).version, 1U);
}

TEST(Preferences, AreListedInOrderOfTheirKeysInPages) {
  const StoreFolder folder;
  Store store = folder.open();
  for (const char* key : {"b", "é", "a", "B", "ab"}) commit(store, SetPreference{.key = key, .value = "1"});
  const auto first = must(store.preferences("cj", {}, 3));
  ASSERT_EQ(first.items.size(), 3U);
  EXPECT_EQ(first.items[0].key, "B");
  EXPECT_EQ(first.items[1].key, "a");
  EXPECT_EQ(first.items[2].key, "ab");
  EXPECT_EQ(first.next, "ab");
  EXPECT_EQ(first.rev, 5U);
  const auto second = must(store.preferences("cj", *first.next, 3));
  ASSERT_EQ(second.items.size(), 2U);
  EXPECT_EQ(second.items[0].key, "b");
  EXPECT_EQ(second.items[1].key, "é");
  EXPECT_FALSE(second.next.has_value());
}

}  // namespace
}  // namespace penny::test
