// What an erase means: nobody sees anything of its user from the tombstone on, and what comes after it is a new life. What it
// leaves in the files: erased_files_test.cpp.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/acknowledgements.hpp"
#include "support/canaries.hpp"
#include "support/raw_database.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Erase, HidesEverythingWithItsFirstCommitAndRevGoesOn) {
  const StoreFolder folder;
  Store store = folder.open();
  const Store other = folder.open();
  StoreUser neighbour(folder.path());
  for (const Operation& operation : one_of_each("cj")) must(store.commit(operation));
  for (const Operation& operation : one_of_each("eve")) must(store.commit(operation));
  auto watch = must(other.watch("cj", 9));
  ASSERT_EQ(neighbour.commit("cj", OperationId::make().to_string()).rev, 10U);

  const Operation erase = with_id(operation_of("cj", EraseUser{}));
  const Outcome erased = must(store.commit(erase));

  EXPECT_EQ(erased.rev, 11U);
  EXPECT_EQ(result_of<ErasedResult>(erased).operations, 10U);
  for (const Store* one : {&other, static_cast<const Store*>(&store)}) {
    expect_empty(*one, "cj");
    EXPECT_EQ(must(one->last_turns("cj")).rev, 11U);
    const auto changes = must(one->changes("cj")).items;
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].rev, 11U);
    EXPECT_TRUE(std::holds_alternative<EraseUser>(changes[0].operation.payload));
    EXPECT_EQ(must(one->facts("eve")).rev, 9U);
  }
  EXPECT_EQ(must(watch.next(milliseconds(5'000)))->rev, 11U);
  EXPECT_EQ(neighbour.ask("read cj").substr(0, 10), "turns 0 11");
  EXPECT_TRUE(must(store.commit(erase)).is_already_stored);

  // The process that wrote for the old integer writes for the new one.
  EXPECT_EQ(neighbour.commit("cj", OperationId::make().to_string()).rev, 12U);
  EXPECT_EQ(must(other.last_turns("cj")).items.size(), 1U);
  EXPECT_EQ(must(store.user_statistics("cj")).value.operations, 2U);
  EXPECT_EQ(must(other.sessions("cj")).items.at(0).first_rev, 12U);
  EXPECT_THAT(problems(store), IsEmpty());
}

TEST(Erase, TheFeedOfAllUsersAndTheCountsPassOverWhatIsErased) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int i = 0; i < 30; ++i) must(store.commit(a_turn("cj")));
  must(store.commit(a_turn("eve")));
  must(store.commit(operation_of("cj", EraseUser{})));
  must(store.commit(a_turn("eve")));
  std::vector<std::string> seen;
  std::optional<std::uint64_t> since = 0;
  while (since) {
    const auto page = must(store.all_changes(*since, 2));
    for (const Change& change : page.items) seen.push_back(change.operation.user + "/" + std::to_string(change.rev));
    since = page.next;
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"eve/1", "/31", "eve/2"}));
  const StoreStatistics counts = must(store.statistics());
  EXPECT_EQ(counts.users, 1U);
  EXPECT_EQ(counts.operations, 3U);
  EXPECT_EQ(counts.turns, 2U);
}

TEST(Erase, OfAUserWhoIsNotThereIsNotFound) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(a_turn("eve")));
  EXPECT_EQ(refusal(store.erase("cj")).code, ErrorCode::kNotFound);
  EXPECT_EQ(refusal(store.commit(operation_of("cj", EraseUser{}))).code, ErrorCode::kNotFound);
  must(store.commit(a_turn("cj")));
  EXPECT_EQ(must(store.erase("cj")).rev, 2U);
  // Once more is no harm: there is nothing more to erase, and the files are searched.
  EXPECT_EQ(must(store.erase("cj")).rev, 2U);
  EXPECT_EQ(refusal(store.commit(operation_of("cj", EraseUser{}))).code, ErrorCode::kNotFound);
  must(store.commit(a_turn("cj")));
  EXPECT_EQ(must(store.erase("cj")).rev, 4U);
  EXPECT_EQ(must(store.commit(a_turn("cj"))).rev, 5U);
  EXPECT_THAT(problems(store), IsEmpty());
}

TEST(Erase, IsABatchOfItsOwn) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(a_turn("cj")));
  EXPECT_EQ(refusal(store.commit(Batch{.operations = {operation_of("cj", EraseUser{}), a_turn("cj")}})).code,
            ErrorCode::kInvalid);
}

TEST(Erase, ALateRetryOfAnErasedOperationIsAConflictForADay) {
  const StoreFolder folder;
  Store store = folder.open();
  const Operation turn = with_id(a_turn("cj"));
  const Batch batch{.operations = {with_id(a_turn("cj")), with_id(a_turn("cj"))}};
  must(store.commit(turn));
  must(store.commit(batch));
  must(store.commit(operation_of("cj", EraseUser{})));
  const auto expect_conflict = [&] {
    EXPECT_EQ(refusal(store.commit(turn)).field, "erased");
    EXPECT_EQ(refusal(store.commit(turn)).code, ErrorCode::kConflict);
    EXPECT_EQ(refusal(store.commit(batch)).field, "erased");
    // Of another user an id says nothing.
    Operation of_eve = turn;
    of_eve.user = "eve";
    EXPECT_TRUE(store.commit(of_eve).has_value());
  };
  expect_conflict();
  must(store.erase("cj"));
  expect_conflict();
  must(store.commit(a_turn("cj")));
  expect_conflict();
  EXPECT_EQ(must(store.last_turns("cj")).items.size(), 1U);
  store.close();
  {
    RawDatabase raw(folder.path());
    EXPECT_EQ(raw.text("SELECT count(*) FROM erased_ids"), "3");
    raw.run("UPDATE erased_lives SET ids_until = 1");
  }
  Store later = folder.open();
  EXPECT_EQ(must(later.commit(turn)).rev, 6U);
  EXPECT_TRUE(until([&] {
    RawDatabase raw(folder.path());
    return raw.text("SELECT (SELECT count(*) FROM erased_ids) + (SELECT count(*) FROM erased_lives)") == "0";
  }));
  EXPECT_THAT(problems(later), IsEmpty());
}

TEST(Erase, ADecisionMadeOnWhatIsErasedIsAConflict) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(a_turn("cj")));
  must(store.erase("cj"));
  for (const char* key : {"turns", "preference:color", "session:a"}) {
    const Batch batch{.operations = {a_turn("cj")}, .if_unchanged_since = IfUnchangedSince{.rev = 1, .keys = {key}}};
    EXPECT_EQ(refusal(store.commit(batch)).field, "if_unchanged_since") << key;
  }
  EXPECT_TRUE(store
                  .commit(Batch{.operations = {a_turn("cj")},
                                .if_unchanged_since = IfUnchangedSince{.rev = 2, .keys = {"turns"}}})
                  .has_value());
}

TEST(Erase, WhatIsWrittenAfterTheTombstoneStays) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int i = 0; i < 300; ++i) must(store.commit(a_turn("cj", canary(7))));
  StoreUser neighbour(folder.path());
  neighbour.load(3, "cj", folder / "acknowledged");
  const Erased erased = must(store.erase("cj"));
  const auto ended = neighbour.end();
  EXPECT_EQ(ended.refused, 0U) << ended.said;
  EXPECT_EQ(erased.bytes_found, 0U);
  EXPECT_THAT(found_in_files(folder, {canary(7)}), IsEmpty());
  std::uint64_t next = erased.rev;
  std::uint64_t read = 0;
  for (std::optional<std::uint64_t> since = 0; since;) {
    const auto page = must(store.changes("cj", *since, limits::kPageItemsMax));
    for (const Change& change : page.items) {
      ASSERT_EQ(change.rev, next++);
      read += 1;
    }
    since = page.next;
  }
  // All that was acknowledged after the tombstone.
  std::uint64_t acknowledged = 0;
  for (const auto& [id, rev] : AcknowledgementLog::read(folder / "acknowledged"))
    acknowledged += rev > erased.rev ? 1 : 0;
  EXPECT_EQ(read, acknowledged + 1);
  EXPECT_GT(acknowledged, 0U);
  EXPECT_THAT(problems(store), IsEmpty());
}

TEST(Erase, VerifyFindsAChangeOfWhatIsNotedOfIt) {
  const auto problems_after = [](const std::string& damage) {
    const StoreFolder folder;
    {
      Store store = folder.open();
      for (const char* user : {"cj", "eve"}) {
        for (int i = 0; i < 3; ++i) must(store.commit(a_turn(user)));
        must(store.erase(user));
      }
      must(store.commit(a_turn("cj")));
    }
    {
      RawDatabase raw(folder.path());
      raw.run(damage);
    }
    fs::remove(folder.path() + "-gate");
    const Store store = folder.open();
    return problems(store);
  };
  EXPECT_THAT(problems_after("SELECT 1"), IsEmpty());
  for (const char* damage :
       {"UPDATE erasure_key SET key = randomblob(32)", "UPDATE erasure_key SET key = x''",
        "UPDATE erasures SET name_hash = randomblob(32)", "UPDATE erasures SET rev = rev + 1",
        "UPDATE erasures SET digest_before = randomblob(32)", "UPDATE erasures SET seal = x''", "DELETE FROM erasures",
        "UPDATE erasures SET user = user + 10", "INSERT INTO facts SELECT 1, 1, x'00', 'text', 1, 1, 1, 1, 1, ''"}) {
    EXPECT_THAT(problems_after(damage), Not(IsEmpty())) << damage;
  }
}

TEST(Erase, IsTheFirstThatAnUndoCanGoBackTo) {
  const StoreFolder folder;
  Store store = folder.open();
  const auto prefer = [&](const char* value) {
    return must(store.commit(operation_of("cj", SetPreference{.key = "color", .value = value, .confidence = 1}))).rev;
  };
  prefer("\"blue\"");
  prefer("\"red\"");
  ASSERT_EQ(must(store.erase("cj")).rev, 3U);
  EXPECT_EQ(prefer("\"green\""), 4U);
  prefer("\"grey\"");
  EXPECT_EQ(refusal(store.plan_undo("cj", 2)).field, "to_rev");
  must(store.undo("cj", std::uint64_t{4}));
  EXPECT_EQ(must(store.preferences("cj")).items.at(0).value, "\"green\"");
  must(store.undo("cj", std::uint64_t{3}));
  EXPECT_THAT(must(store.preferences("cj")).items, IsEmpty());
  EXPECT_THAT(problems(store), IsEmpty());
}

// A new table with rows of users needs its line among those that an erase empties.
TEST(Erase, KnowsEveryTableThatHasUsers) {
  const StoreFolder folder;
  Store store = folder.open();
  (void)plant_canaries(store, "cj", 1);
  RawDatabase raw(folder.path());
  std::vector<std::string> tables;
  for (const auto& row : raw.rows("SELECT m.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c "
                                  "WHERE m.type = 'table' AND c.name = 'user' ORDER BY m.name"))
    tables.push_back(row[0]);
  // The life that goes has the first integer.
  const auto rows_in = [&](const std::string& table) {
    return raw.text("SELECT count(*) FROM " + table + " WHERE user = 1");
  };
  for (const std::string& table : tables) {
    if (table.starts_with("eras")) continue;
    EXPECT_NE(rows_in(table), "0") << table;
  }
  must(store.erase("cj"));
  for (const std::string& table : tables) {
    if (table.starts_with("erased_")) continue;
    EXPECT_EQ(rows_in(table), "0") << table;
  }
  EXPECT_EQ(tables, (std::vector<std::string>{"dimensions", "erased_ids", "erased_lives", "erasures", "evolution",
                                              "facts", "forgettings", "learned", "ledger", "preferences", "sessions",
                                              "tool_calls", "tool_windows", "usage"}))
      << "add a new one to kRemoveStateRow (erase_steps.cpp), and to this list";
}

TEST(Erase, OfTheUserWhoWroteLastLeavesAnAnchorThatAgrees) {
  const StoreFolder folder;
  {
    Store store = folder.open();
    for (int i = 0; i < 20; ++i) must(store.commit(a_turn("cj")));
    must(store.erase("cj"));
    EXPECT_THAT(must(store.diagnose()).anchor, HasSubstr("agrees"));
  }
  Store store = folder.open();
  EXPECT_THAT(must(store.diagnose()).anchor, HasSubstr("agrees"));
  EXPECT_THAT(problems(store), IsEmpty());
}

}  // namespace
}  // namespace penny::test
