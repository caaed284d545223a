// Sessions that are forgotten and turns that grow old: in steps, whatever lies between, and again if it was interrupted.

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/child_process.hpp"
#include "support/raw_database.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"
#include "test_paths.hpp"

namespace penny::test {
namespace {

std::vector<bool> forgotten(const Store& store, const std::string& user = "cj") {
  std::vector<bool> all;
  for (const Turn& turn : must(store.last_turns(user, limits::kPageItemsMax)).items) all.push_back(turn.is_forgotten);
  return all;
}

std::ptrdiff_t count_forgotten(const Store& store, const std::string& user = "cj") {
  const auto all = forgotten(store, user);
  return std::ranges::count(all, true);
}

void expect_whole(const Store& store) { EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{}); }

// Turns of two sessions by turns, with long stretches of other operations between.
void fill(Store& store, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    Batch batch;
    batch.operations.push_back(a_turn("cj", "Hi", "a"));
    batch.operations.push_back(a_turn("cj", "Hi", "b"));
    while (batch.operations.size() < limits::kBatchOperationsMax)
      batch.operations.push_back(operation_of("cj", AdjustDimension{.name = "mood", .delta = 0.01}));
    must(store.commit(batch));
  }
}

TEST(ForgettingInSteps, ASessionGoesWholeAndNoOther) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store, 40);  // 2,560 revs
  std::uint64_t steps = 0;
  const auto done = must(store.forget_session("cj", "a", [&](const Forgotten& so_far) {
    steps += 1;
    EXPECT_EQ(so_far.operations, steps);
    return true;
  }));
  EXPECT_TRUE(done.is_complete);
  EXPECT_EQ(done.turns, 40U);
  EXPECT_GT(done.operations, 4U);
  EXPECT_LT(done.operations, 8U);
  for (const Turn& turn : must(store.session_turns("cj", "a")).items) EXPECT_TRUE(turn.is_forgotten);
  for (const Turn& turn : must(store.session_turns("cj", "b")).items) EXPECT_FALSE(turn.is_forgotten);
  EXPECT_EQ(must(store.forget_session("cj", "a")).operations, 0U);
  EXPECT_EQ(refusal(store.forget_session("cj", "c")).code, ErrorCode::kNotFound);
  EXPECT_EQ(refusal(store.forget_session("ada", "a")).code, ErrorCode::kNotFound);
  expect_whole(store);
  // The session goes on.
  must(store.commit(a_turn("cj", "Hi", "a")));
  EXPECT_EQ(must(store.forget_session("cj", "a")).turns, 1U);
  expect_whole(store);
}

TEST(ForgettingInSteps, EndsWhenAskedToAndGoesOnLater) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store, 40);
  const auto begun = must(store.forget_session("cj", "b", [](const Forgotten&) { return false; }));
  EXPECT_FALSE(begun.is_complete);
  EXPECT_EQ(begun.operations, 1U);
  EXPECT_EQ(static_cast<std::uint64_t>(count_forgotten(store)), begun.turns);
  const auto rest = must(store.forget_session("cj", "b"));
  EXPECT_EQ(begun.turns + rest.turns, 40U);
  expect_whole(store);
}

TEST(ForgettingInSteps, CleanUpGoesByTheTimeOfATurn) {
  const StoreFolder folder;
  Store store = folder.open();
  // Not in order: what was imported came later and is older.
  for (const int of_day : {5, 1, 9, 2, 30, 3}) must(store.commit(at_time(a_turn("cj"), day(of_day))));
  must(store.commit(at_time(a_turn("ada"), day(4))));
  must(store.commit(at_time(operation_of("cj", RememberFact{.text = "likes tea"}), day(0))));
  must(store.commit(at_time(operation_of("cj", SetPreference{.key = "color", .value = "1"}), day(0))));

  const auto counted = must(store.clean_up({.older_than = day(5), .is_dry_run = true}));
  EXPECT_EQ(counted.turns, 4U);
  EXPECT_EQ(counted.operations, 0U);
  EXPECT_EQ(count_forgotten(store), 0);
  const auto of_cj = must(store.clean_up({.user = "cj", .older_than = day(5)}));
  EXPECT_EQ(of_cj.turns, 3U);
  EXPECT_EQ(forgotten(store), (std::vector<bool>{false, true, false, true, false, true}));
  EXPECT_EQ(count_forgotten(store, "ada"), 0);
  const auto of_all = must(store.clean_up({.older_than = day(10)}));
  EXPECT_EQ(of_all.users, 2U);
  EXPECT_EQ(of_all.turns, 3U);
  EXPECT_EQ(forgotten(store), (std::vector<bool>{true, true, true, true, false, true}));
  EXPECT_EQ(must(store.facts("cj")).items.size(), 1U);
  EXPECT_EQ(must(store.preferences("cj")).items.size(), 1U);
  expect_whole(store);
}

TEST(ForgettingInSteps, CleanUpOfManyUsersGoesOnAfterAnInterruption) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int user = 0; user < 230; ++user) must(store.commit(at_time(a_turn("user " + std::to_string(user)), day(1))));
  const auto begun =
      must(store.clean_up({.older_than = day(2)}, [](const Forgotten& so_far) { return so_far.turns < 150; }));
  EXPECT_FALSE(begun.is_complete);
  EXPECT_EQ(begun.turns, 150U);
  const auto rest = must(store.clean_up({.older_than = day(2)}));
  EXPECT_TRUE(rest.is_complete);
  EXPECT_EQ(rest.turns, 80U);
  EXPECT_EQ(rest.users, 230U);
  expect_whole(store);
}

// In the middle of a walk through the user's turns, and between two of its reads.
TEST(ForgettingInSteps, EndsWhereTheUserIsErasedMeanwhile) {
  for (const std::uint64_t steps : {std::uint64_t{1}, std::uint64_t{8}}) {
    const StoreFolder folder;
    Store store = folder.open();
    for (int i = 0; i < 36; ++i) {
      Batch batch;
      for (int turn = 0; turn < 64; ++turn) batch.operations.push_back(at_time(a_turn(), day(1)));
      must(store.commit(std::move(batch)));
    }
    must(store.commit(at_time(a_turn("eve"), day(1))));

    const auto done = must(store.clean_up({.older_than = day(2)}, [&](const Forgotten& so_far) {
      if (so_far.operations == steps) must(store.erase("cj"));
      return true;
    }));

    EXPECT_TRUE(done.is_complete);
    EXPECT_EQ(done.operations, steps + 1);
    EXPECT_TRUE(must(store.last_turns("eve")).items.at(0).is_forgotten);
    RawDatabase raw(folder.path());
    EXPECT_EQ(raw.text("SELECT count(*) FROM users"), "1");
    expect_whole(store);
  }
}

// Writers of two processes and two that forget the same session: nothing is lost or forgotten twice.
TEST(ForgettingInSteps, GoesOnBesideWriters) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store, 60);
  std::vector<StoreUser> writers;
  for (int i = 0; i < 2; ++i) {
    writers.emplace_back(folder.path());
    writers.back().load(2, "cj", folder / "acknowledged");
  }
  std::vector<std::uint64_t> turns(2);
  {
    std::vector<std::jthread> forgetting;
    for (auto& count : turns) {
      forgetting.emplace_back([&folder, &count] {
        Store own = folder.open();
        count = must(own.forget_session("cj", "a")).turns;
      });
    }
  }
  for (StoreUser& writer : writers) EXPECT_EQ(writer.end().refused, 0U);
  EXPECT_EQ(turns[0] + turns[1], 60U);
  expect_whole(store);
}

// The whole program, killed at any moment: what is forgotten is forgotten whole, and the next one goes on.
TEST(ForgettingInSteps, SurvivesBeingKilledAgainAndAgain) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int batch = 0; batch < 80; ++batch) {
    Batch turns;
    while (turns.operations.size() < 60) turns.operations.push_back(a_turn("cj", std::string(300, 'x'), "work"));
    must(store.commit(turns));
  }
  int unfinished = 0;
  for (int delay_ms = 1; delay_ms < 60; delay_ms += 3) {
    ChildProcess forgetting(
        {PENNY_TEST_PROGRAM, "session", "forget", "work", "--user", "cj", "--store", folder.path(), "--json"});
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
    forgetting.kill();
    unfinished += count_forgotten(store) < static_cast<std::ptrdiff_t>(limits::kPageItemsMax) ? 1 : 0;
    expect_whole(store);
  }
  EXPECT_GT(unfinished, 0);
  must(store.forget_session("cj", "work"));
  std::uint64_t after = 0;
  std::uint64_t turns = 0;
  for (;;) {
    const auto page = must(store.session_turns("cj", "work", after, limits::kPageItemsMax));
    for (const Turn& turn : page.items) EXPECT_TRUE(turn.is_forgotten);
    turns += page.items.size();
    if (!page.next) break;
    after = *page.next;
  }
  EXPECT_EQ(turns, 4'800U);
  expect_whole(store);
}

}  // namespace
}  // namespace penny::test
