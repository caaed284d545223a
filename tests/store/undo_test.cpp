// Undo leads back by new operations, says what cannot come back, and overwrites nothing that came meanwhile.

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support/stores.hpp"

namespace penny::test {
namespace {

using namespace std::string_literals;

// What a user's memory says, without versions and times.
std::map<std::string, std::string> memory(const Store& store, const std::string& user = "cj") {
  std::map<std::string, std::string> all;
  for (const Preference& preference : must(store.preferences(user)).items)
    all["preference " + preference.key] = preference.value + " " + std::to_string(preference.confidence);
  for (const Dimension& dimension : must(store.personality(user)).value) {
    const auto* number = std::get_if<double>(&dimension.value);
    all["dimension " + dimension.name] =
        (number != nullptr ? std::to_string(*number) : std::get<std::string>(dimension.value)) + " " +
        std::to_string(dimension.confidence);
  }
  for (const Fact& fact : must(store.facts(user)).items) all["fact " + fact.id.to_string()] = fact.text;
  return all;
}

void expect_whole(const Store& store) { EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{}); }

TEST(Undo, LeadsBackToARev) {
  const StoreFolder folder;
  Store store = folder.open();
  const auto commit = [&](Payload payload) { return must(store.commit(operation_of("cj", std::move(payload)))); };
  commit(SetPreference{.key = "kept", .value = "1", .confidence = 0.3});
  commit(SetPreference{.key = "changed", .value = "\"old\"", .confidence = 0.4});
  commit(AdjustDimension{.name = "communication_formality", .delta = 0.2, .confidence_change = 0.1});
  commit(SetDimension{.name = "humor_style_preference", .value = "dry"s});
  commit(RememberFact{.text = "likes tea"});
  const std::uint64_t to_rev = must(store.commit(a_turn())).rev;
  const auto then = memory(store);

  commit(SetPreference{.key = "changed", .value = "\"new\"", .confidence = 0.9});
  commit(SetPreference{.key = "added", .value = "2"});
  commit(SetDimension{.name = "communication_formality", .value = 0.05, .confidence_change = 0.3});
  commit(SetDimension{.name = "humor_style_preference", .value = "playful"s});
  commit(AdjustDimension{.name = "proactive_suggestions", .delta = 0.3});
  commit(RememberFact{.text = "likes coffee"});
  must(store.commit(a_turn()));
  ASSERT_NE(memory(store), then);

  const auto plan = must(store.plan_undo("cj", to_rev));
  EXPECT_EQ(plan.from_rev, to_rev + 7);
  ASSERT_EQ(plan.batches.size(), 1U);
  EXPECT_EQ(plan.batches[0].operations.size(), 6U);
  EXPECT_EQ(plan.not_restored, std::vector<std::string>{});
  ASSERT_NE(memory(store), then);  // a plan changes nothing

  const auto undone = must(store.undo("cj", to_rev));
  EXPECT_EQ(undone.operations, 6U);
  EXPECT_EQ(memory(store), then);
  EXPECT_EQ(must(store.last_turns("cj")).items.size(), 2U);
  EXPECT_FALSE(must(store.last_turns("cj")).items[1].is_forgotten);
  EXPECT_EQ(must(store.undo("cj", to_rev)).operations, 0U);
  expect_whole(store);

  EXPECT_EQ(must(store.undo("cj", to_rev, {.forgets_turns = true})).turns, 1U);
  EXPECT_FALSE(must(store.last_turns("cj")).items[0].is_forgotten);
  EXPECT_TRUE(must(store.last_turns("cj")).items[1].is_forgotten);
  // To the begin.
  must(store.undo("cj", 0));
  EXPECT_EQ(memory(store), memory(store, "nobody"));
  expect_whole(store);
  EXPECT_EQ(refusal(store.undo("cj", 1000)).code, ErrorCode::kInvalid);
}

TEST(Undo, SaysWhatCannotComeBack) {
  const StoreFolder folder;
  Store store = folder.open();
  const OperationId fact = must(store.commit(operation_of("cj", RememberFact{.text = "likes tea"}))).id;
  must(store.commit(operation_of("cj", SetPreference{.key = "drink", .value = "\"tea\""})));
  must(store.commit(operation_of("cj", ForgetFact{.fact = fact})));
  must(store.commit(operation_of("cj", ForgetPreference{.key = "drink"})));
  must(store.commit(operation_of("cj", SetDimension{.name = "mood", .value = "calm"s})));
  must(store.commit(operation_of("cj", SetDimension{.name = "mood", .value = "merry"s})));
  const auto undone = must(store.undo("cj", 2));
  EXPECT_THAT(undone.not_restored,
              testing::UnorderedElementsAre("fact:" + fact.to_string(), "preference:drink", "dimension:mood"));
  EXPECT_EQ(memory(store).at("dimension mood").substr(0, 4), "calm");
  expect_whole(store);
}

TEST(Undo, ToATimeIsToTheRevBeforeTheFirstOperationAfterIt) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int i = 1; i <= 4; ++i)
    must(store.commit(at_time(operation_of("cj", SetPreference{.key = "n", .value = std::to_string(i)}), day(i))));
  EXPECT_EQ(must(store.rev_at("cj", day(0))), 0U);
  EXPECT_EQ(must(store.rev_at("cj", day(2))), 2U);
  EXPECT_EQ(must(store.rev_at("cj", day(2) + std::chrono::hours(1))), 2U);
  EXPECT_EQ(must(store.rev_at("cj", day(9))), 4U);
  EXPECT_EQ(must(store.rev_at("nobody", day(9))), 0U);
  must(store.undo("cj", day(2)));
  EXPECT_EQ(must(store.preferences("cj")).items.at(0).value, "2");
}

TEST(Undo, OverwritesNothingThatCameMeanwhile) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(operation_of("cj", SetPreference{.key = "a", .value = "1"})));
  must(store.commit(operation_of("cj", SetPreference{.key = "a", .value = "2"})));
  must(store.commit(operation_of("cj", AdjustDimension{.name = "mood", .delta = 0.1})));
  const OperationId fact = must(store.commit(operation_of("cj", RememberFact{.text = "likes tea"}))).id;
  const std::vector<Payload> meanwhile{SetPreference{.key = "a", .value = "3"},
                                       AdjustDimension{.name = "mood", .delta = 0.1}, ForgetFact{.fact = fact}};
  for (const Payload& payload : meanwhile) {
    auto plan = must(store.plan_undo("cj", 1));
    ASSERT_EQ(plan.batches.size(), 1U);
    Store other = folder.open();
    must(other.commit(operation_of("cj", payload)));
    const auto now = memory(store);
    EXPECT_EQ(refusal(store.commit(plan.batches[0])).code, ErrorCode::kConflict);
    EXPECT_EQ(memory(store), now);
  }
  must(store.undo("cj", 1));
  EXPECT_EQ(must(store.preferences("cj")).items.at(0).value, "1");
}

TEST(Undo, OfMoreThanOneBatchHolds) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(a_turn()));
  for (int i = 0; i < 150; ++i)
    must(store.commit(operation_of("cj", SetPreference{.key = "key " + std::to_string(i), .value = "1"})));
  const auto plan = must(store.plan_undo("cj", 1));
  ASSERT_EQ(plan.batches.size(), 3U);
  EXPECT_EQ(must(store.undo("cj", 1)).operations, 150U);
  EXPECT_EQ(must(store.preferences("cj")).items.size(), 0U);
  expect_whole(store);
  // Values so long that few fit into one batch.
  const std::string value = "\"" + std::string(60'000, 'x') + "\"";
  for (int i = 0; i < 80; ++i)
    must(store.commit(operation_of("cj", SetPreference{.key = "key " + std::to_string(i), .value = value})));
  const std::uint64_t to_rev = must(store.changes("cj")).rev;
  for (int i = 0; i < 80; ++i)
    must(store.commit(operation_of("cj", SetPreference{.key = "key " + std::to_string(i), .value = "2"})));
  EXPECT_EQ(must(store.undo("cj", to_rev)).operations, 80U);
  EXPECT_EQ(must(store.preferences("cj")).items.at(79).value, value);
  expect_whole(store);
}

// Whatever was done, undo to any rev gives what was there then, but for what is said to be lost.
RC_GTEST_PROP(Undo, GivesWhatWasThere, ()) {
  const StoreFolder folder;
  Store store = folder.open();
  std::vector<OperationId> facts{OperationId::make()};
  std::vector<std::map<std::string, std::string>> memories{memory(store)};
  const int steps = *rc::gen::inRange(1, 20);
  for (int step = 0; step < steps; ++step) {
    const auto key = *rc::gen::element<std::string>("a", "b");
    const auto name = *rc::gen::element<std::string>("communication_formality", "humor_style_preference");
    const double number = *rc::gen::inRange(0, 101) / 100.0;
    const auto text = *rc::gen::element<std::string>("dry", "playful");
    const auto value = *rc::gen::element<DimensionValue>(number, text);
    const std::vector<Payload> payloads{
        ObservePreference{.key = key, .value = "\"" + text + "\"", .confidence = number},
        SetPreference{.key = key, .value = "\"" + text + "\"", .confidence = number},
        ForgetPreference{.key = key},
        AdjustDimension{.name = name, .delta = number - 0.5, .confidence_change = 0.5 - number},
        SetDimension{.name = name, .value = value, .confidence_change = number - 0.5},
        RememberFact{.text = text, .confidence = number},
        ForgetFact{.fact = facts[*rc::gen::inRange<std::size_t>(0, facts.size())]}};
    const auto outcome = store.commit(operation_of("cj", *rc::gen::elementOf(payloads)));
    if (!outcome) continue;
    if (std::holds_alternative<FactResult>(outcome->result)) facts.push_back(outcome->id);
    memories.push_back(memory(store));
  }
  const auto to_rev = *rc::gen::inRange<std::size_t>(0, memories.size());
  const auto undone = must(store.undo("cj", to_rev));
  auto now = memory(store);
  auto then = memories[to_rev];
  for (std::string key : undone.not_restored) {
    key.replace(key.find(':'), 1, " ");
    RC_ASSERT(then.contains(key));
    now.erase(key);
    then.erase(key);
  }
  RC_ASSERT(now == then);
  RC_ASSERT(must(store.verify()).problems.empty());
}

}  // namespace
}  // namespace penny::test
