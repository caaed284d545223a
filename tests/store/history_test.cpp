// The histories of one preference and of one fact.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stores.hpp"

namespace penny::test {
namespace {

TEST(History, OfAPreferenceTellsEveryOperationAndWhatItWasThen) {
  const StoreFolder folder;
  Store store = folder.open();
  const auto commit = [&](Payload payload) { return must(store.commit(operation_of("cj", std::move(payload)))); };
  commit(ObservePreference{.key = "color", .value = "\"blue\"", .confidence = 0.4});
  commit(SetPreference{.key = "other", .value = "1"});
  const OperationId second = commit(ObservePreference{.key = "color", .value = "\"green\"", .confidence = 0.1}).id;
  commit(SetPreference{.key = "color", .value = "\"red\"", .confidence = 0.7});
  must(store.commit(operation_of("ada", SetPreference{.key = "color", .value = "2"})));
  const auto page = must(store.preference_history("cj", "color"));
  ASSERT_EQ(page.items.size(), 3U);
  EXPECT_FALSE(page.next);
  EXPECT_EQ(page.items[0].kind, "observe_preference");
  EXPECT_EQ(page.items[1].rev, 3U);
  EXPECT_EQ(page.items[1].operation, second);
  EXPECT_EQ(page.items[1].given, "\"green\"");
  EXPECT_EQ(page.items[1].value, "\"blue\"");
  EXPECT_EQ(page.items[1].confidence, 0.4 - 0.05);
  EXPECT_EQ(page.items[2].kind, "set_preference");
  EXPECT_EQ(page.items[2].value, "\"red\"");
  EXPECT_EQ(page.items[2].version, 3U);

  // In pages the same.
  const auto first = must(store.preference_history("cj", "color", 0, 1));
  ASSERT_EQ(first.next, 1U);
  const auto rest = must(store.preference_history("cj", "color", *first.next, 1));
  EXPECT_EQ(rest.items.at(0).value, "\"blue\"");
  EXPECT_EQ(must(store.preference_history("cj", "never")).items.size(), 0U);

  commit(ForgetPreference{.key = "color"});
  commit(ObservePreference{.key = "color", .value = "\"pink\"", .confidence = 0.2});
  const auto after = must(store.preference_history("cj", "color")).items;
  ASSERT_EQ(after.size(), 5U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(after[i].is_forgotten);
    EXPECT_EQ(after[i].given, std::nullopt);
    EXPECT_EQ(after[i].value, std::nullopt);
    EXPECT_EQ(after[i].confidence, page.items[i].confidence);
  }
  EXPECT_EQ(after[3].kind, "forget_preference");
  EXPECT_EQ(after[3].value, std::nullopt);
  EXPECT_EQ(after[4].value, "\"pink\"");
  EXPECT_EQ(after[4].version, 5U);
}

TEST(History, OfAFactTellsWhenItWasRememberedAndForgotten) {
  const StoreFolder folder;
  Store store = folder.open();
  Operation fact = with_id(operation_of("cj", RememberFact{.text = "likes tea", .confidence = 0.5}));
  fact.channel = "voice@kitchen";
  must(store.commit(fact));
  must(store.commit(a_turn()));
  const auto remembered = must(store.fact_history("cj", *fact.id)).items;
  ASSERT_EQ(remembered.size(), 1U);
  EXPECT_EQ(remembered[0].text, "likes tea");
  EXPECT_EQ(remembered[0].confidence, 0.5);
  EXPECT_EQ(remembered[0].channel, "voice@kitchen");
  EXPECT_FALSE(remembered[0].is_forgotten);

  must(store.commit(operation_of("cj", ForgetFact{.fact = *fact.id})));
  const auto forgotten = must(store.fact_history("cj", *fact.id)).items;
  ASSERT_EQ(forgotten.size(), 2U);
  EXPECT_TRUE(forgotten[0].is_forgotten);
  EXPECT_EQ(forgotten[0].text, std::nullopt);
  EXPECT_EQ(forgotten[1].kind, "forget_fact");
  EXPECT_EQ(forgotten[1].rev, 3U);
  EXPECT_EQ(forgotten[1].version, 2U);
  EXPECT_EQ(refusal(store.fact_history("ada", *fact.id)).code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace penny::test
