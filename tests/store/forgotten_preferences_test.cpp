// A forgotten preference: a tombstone, and no value of it in the ledger.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

Operation observation(const std::string& value, double confidence = 0.5, const std::string& key = "drink") {
  return with_id(operation_of("cj", ObservePreference{.key = key, .value = value, .confidence = confidence}));
}

PreferenceResult forget(Store& store, std::optional<std::uint64_t> if_version = {}) {
  Operation operation = operation_of("cj", ForgetPreference{.key = "drink"});
  operation.if_version = if_version;
  return result_of<PreferenceResult>(must(store.commit(operation)));
}

void expect_whole(const Store& store) { EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{}); }

TEST(ForgottenPreferences, AreAsIfTheyHadNeverBeenObserved) {
  const StoreFolder folder;
  {
    Store store = folder.open();
    const Operation first = observation("\"absinthe\"");
    must(store.commit(first));
    must(store.commit(observation("\"absinthe\"")));
    must(store.commit(observation("\"tea\"", 0.1)));
    must(store.commit(observation("\"blue\"", 0.9, "color")));
    EXPECT_EQ(forget(store),
              (PreferenceResult{.confidence = 0, .frequency = 0, .version = 4, .is_value_taken = false}));
    const auto left = must(store.preferences("cj")).items;
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left[0].key, "color");
    EXPECT_EQ(must(store.user_statistics("cj")).value.preferences, 1U);
    EXPECT_THAT(must(store.prompt_context("cj")).value, testing::Not(testing::HasSubstr("absinthe")));
    const auto changes = must(store.changes("cj")).items;
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_TRUE(changes.at(i).is_forgotten);
      EXPECT_EQ(std::get<ObservePreference>(changes[i].operation.payload).key, "drink");
      EXPECT_EQ(std::get<ObservePreference>(changes[i].operation.payload).value, "");
    }
    EXPECT_FALSE(changes.at(3).is_forgotten);
    EXPECT_EQ(must(store.verify()).forgotten, 3U);
    expect_whole(store);
    EXPECT_TRUE(must(store.commit(first)).is_already_stored);

    const Error twice = refusal(store.commit(operation_of("cj", ForgetPreference{.key = "drink"})));
    EXPECT_EQ(twice.code, ErrorCode::kNotFound);
    EXPECT_EQ(twice.field, "preference");
    EXPECT_EQ(refusal(store.commit(operation_of("cj", ForgetPreference{.key = "never"}))).code, ErrorCode::kNotFound);

    // The version goes on; evidence begins anew.
    const auto anew = result_of<PreferenceResult>(must(store.commit(observation("\"milk\"", 0.2))));
    EXPECT_EQ(anew, (PreferenceResult{.confidence = 0.2, .frequency = 1, .version = 5, .is_value_taken = true}));
    expect_whole(store);
  }
  RawDatabase(folder.path()).run("PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_EQ(bytes_on_disk(folder.path()).find("absinthe"), std::string::npos);
}

TEST(ForgottenPreferences, AreForgottenOnlyInTheVersionThatWasRead) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(observation("1")));
  must(store.commit(observation("1")));
  const Error conflict = refusal(store.commit(with_version(operation_of("cj", ForgetPreference{.key = "drink"}), 1)));
  EXPECT_EQ(conflict.code, ErrorCode::kConflict);
  EXPECT_EQ(forget(store, 2).version, 3U);
  // Whoever saw none may make one; so may whoever knows the tombstone.
  must(store.commit(with_version(observation("2"), 0)));
  EXPECT_EQ(refusal(store.commit(with_version(observation("2"), 0))).code, ErrorCode::kConflict);
  forget(store, 4);
  must(store.commit(with_version(observation("3"), 5)));
  // A decision made from a reading of it.
  const Error decided =
      refusal(store.commit(Batch{.operations = {observation("4")},
                                 .if_unchanged_since = IfUnchangedSince{.rev = 4, .keys = {"preference:drink"}}}));
  EXPECT_EQ(decided.code, ErrorCode::kConflict);
  expect_whole(store);
}

// Further back than one operation looks.
TEST(ForgottenPreferences, WithALongPastTakeSeveralOperations) {
  const StoreFolder folder;
  {
    Store store = folder.open();
    for (int batch = 0; batch < 20; ++batch) {
      Batch many;
      for (int i = 0; i < 60; ++i)
        many.operations.push_back(i == 7 ? observation("\"absinthe\"") : observation("1", 0.1, "other"));
      must(store.commit(many));
    }
    int steps = 0;
    const auto done = must(store.forget_preference("cj", "drink", {}, [&](const Forgotten& so_far) {
      EXPECT_GT(so_far.revs_left, 0U);
      EXPECT_TRUE(must(store.preferences("cj")).items.size() == 1U);
      EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
      ++steps;
      return true;
    }));
    EXPECT_TRUE(done.is_complete);
    EXPECT_EQ(done.operations, 3U);
    EXPECT_EQ(steps, 2);
    EXPECT_EQ(must(store.verify()).forgotten, 20U);
    expect_whole(store);
    EXPECT_EQ(refusal(store.forget_preference("cj", "drink")).code, ErrorCode::kNotFound);
  }
  RawDatabase(folder.path()).run("PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_EQ(bytes_on_disk(folder.path()).find("absinthe"), std::string::npos);
}

TEST(ForgottenPreferences, AreNotTakenAgainFromWhoeverObservesThemMeanwhile) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int batch = 0; batch < 10; ++batch) {
    Batch many;
    for (int i = 0; i < 60; ++i) many.operations.push_back(observation("\"absinthe\""));
    must(store.commit(many));
  }
  const auto interrupted = store.forget_preference("cj", "drink", {}, [&](const Forgotten&) {
    must(store.commit(observation("\"tea\"")));
    return true;
  });
  EXPECT_EQ(refusal(interrupted).code, ErrorCode::kConflict);
  EXPECT_EQ(must(store.preferences("cj")).items.at(0).value, "\"tea\"");
  expect_whole(store);
  EXPECT_TRUE(must(store.forget_preference("cj", "drink")).is_complete);
  EXPECT_EQ(must(store.preferences("cj")).items.size(), 0U);
  EXPECT_EQ(must(store.verify()).forgotten, 601U);
  expect_whole(store);
}

}  // namespace
}  // namespace penny::test
