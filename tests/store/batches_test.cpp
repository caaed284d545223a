// Several operations of one user: all or nothing, one after the other, and retried whole.

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

std::uint64_t rev_of(const Store& store, const std::string& user) { return must(store.changes(user)).rev; }

TEST(Batches, RevsAreConsecutiveAndEachOperationSeesTheOnesBefore) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(a_turn("ada")));
  must(store.commit(a_turn()));
  const OperationId fact = OperationId::make();
  const BatchOutcome stored =
      must(store.commit(Batch{.operations = {a_turn(), operation_of("cj", EndSession{}), a_turn(),
                                             with_id(operation_of("cj", RememberFact{.text = "likes tea"}), fact),
                                             operation_of("cj", ForgetFact{.fact = fact})}}));
  EXPECT_FALSE(stored.is_already_stored);
  ASSERT_EQ(stored.outcomes.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(stored.outcomes[i].rev, i + 2);
  EXPECT_EQ(result_of<TurnResult>(stored.outcomes[0]).number, 2U);
  EXPECT_EQ(result_of<SessionResult>(stored.outcomes[1]).turn_count, 2U);
  EXPECT_EQ(result_of<TurnResult>(stored.outcomes[2]).number, 1U);
  EXPECT_EQ(result_of<FactResult>(stored.outcomes[4]).version, 2U);
}

TEST(Batches, WholeRetryIsAlreadyStored) {
  const StoreFolder folder;
  Store store = folder.open();
  const Batch batch{.operations = one_of_each("cj")};
  const BatchOutcome first = must(store.commit(batch));
  const std::string before = bytes_on_disk(folder.path());

  const BatchOutcome again = must(store.commit(batch));
  EXPECT_TRUE(again.is_already_stored);
  ASSERT_EQ(again.outcomes.size(), first.outcomes.size());
  for (std::size_t i = 0; i < again.outcomes.size(); ++i) {
    EXPECT_TRUE(again.outcomes[i].is_already_stored);
    EXPECT_EQ(again.outcomes[i].rev, first.outcomes[i].rev);
    EXPECT_EQ(again.outcomes[i].result, first.outcomes[i].result);
  }
  EXPECT_TRUE(bytes_on_disk(folder.path()) == before);
}

TEST(Batches, RetryWithOtherMembersIsRefused) {
  const StoreFolder folder;
  Store store = folder.open();
  const Operation a = with_id(a_turn("cj", "a"));
  const Operation b = with_id(a_turn("cj", "b"));
  const Operation c = with_id(a_turn("cj", "c"));
  const Operation fresh = with_id(a_turn("cj", "fresh"));
  must(store.commit(Batch{.operations = {a, b, c}}));
  const Operation alone = with_id(a_turn("cj", "alone"));
  must(store.commit(alone));
  const std::string before = bytes_on_disk(folder.path());

  const std::map<std::string, std::vector<Operation>> others{{"a beginning", {a, b}},
                                                             {"a member alone", {a}},
                                                             {"a later member alone", {b}},
                                                             {"the end", {b, c}},
                                                             {"another order", {a, c, b}},
                                                             {"the last first", {c, a, b}},
                                                             {"more behind", {a, b, c, fresh}},
                                                             {"more before", {fresh, a, b, c}},
                                                             {"more between", {a, fresh, b, c}},
                                                             {"one known id at the end", {fresh, alone}},
                                                             {"one known id at the begin", {alone, fresh}},
                                                             {"two that were stored apart", {a, b, c, alone}}};
  for (const auto& [what, operations] : others) {
    const Error error = refusal(store.commit(Batch{.operations = operations}));
    EXPECT_EQ(error.code, ErrorCode::kInvalid) << what;
    EXPECT_EQ(error.field, "batch_differs") << what;
    EXPECT_FALSE(error.advice.empty());
  }
  EXPECT_TRUE(bytes_on_disk(folder.path()) == before);
  EXPECT_EQ(rev_of(store, "cj"), 4U);
}

TEST(Batches, RetryWithAnotherPayloadInOneMemberIsRefused) {
  const StoreFolder folder;
  Store store = folder.open();
  Batch batch{.operations = {with_id(a_turn("cj", "a")), with_id(a_turn("cj", "b"))}};
  must(store.commit(batch));
  std::get<AppendTurn>(batch.operations[1].payload).user_input = "other";
  EXPECT_EQ(refusal(store.commit(batch)).field, "id_reused");
}

TEST(Batches, AMemberThatFailsLeavesNothingOfTheBatch) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(a_turn("ada")));
  const Batch refused{.operations = {a_turn(), operation_of("cj", SetPreference{.key = "k", .value = "1"}),
                                     operation_of("cj", SetDimension{.name = "mood", .value = 0.1}),
                                     operation_of("cj", RememberFact{.text = "likes tea"}),
                                     operation_of("cj", ForgetFact{.fact = OperationId::make()})}};
  EXPECT_EQ(refusal(store.commit(refused)).code, ErrorCode::kNotFound);

  EXPECT_EQ(must(store.statistics()).users, 1U);
  {
    RawDatabase raw(folder.path());
    EXPECT_EQ(raw.text("SELECT count(*) FROM users WHERE name = 'cj'"), "0");
    EXPECT_EQ(raw.text("SELECT count(*) FROM ledger"), "1");
    for (const char* table : {"preferences", "dimensions", "evolution", "facts"})
      EXPECT_EQ(raw.text("SELECT count(*) FROM " + std::string(table)), "0") << table;
    EXPECT_EQ(raw.text("SELECT count(*) FROM sessions"), "1");
  }
  EXPECT_EQ(must(store.commit(a_turn())).rev, 1U);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(Batches, FailureInTheMiddleLeavesAnExistingMemoryAsItWas) {
  const StoreFolder folder;
  Store store = folder.open();
  for (const Operation& operation : one_of_each("cj")) must(store.commit(operation));
  const std::string before = bytes_on_disk(folder.path());
  Batch batch{.operations = one_of_each("cj")};
  batch.operations.insert(batch.operations.begin() + 4, operation_of("cj", EndSession{.session = "no such"}));
  EXPECT_EQ(refusal(store.commit(batch)).code, ErrorCode::kNotFound);
  EXPECT_TRUE(bytes_on_disk(folder.path()) == before);

  batch.operations.erase(batch.operations.begin() + 4);
  EXPECT_EQ(must(store.commit(batch)).outcomes.front().rev, 10U);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(Batches, OfSeveralUsersOrWithOneIdTwiceAreRefused) {
  const StoreFolder folder;
  Store store = folder.open();
  EXPECT_EQ(refusal(store.commit(Batch{.operations = {a_turn("cj"), a_turn("ada")}})).field, "user");
  const OperationId id = OperationId::make();
  EXPECT_EQ(refusal(store.commit(Batch{.operations = {with_id(a_turn(), id), with_id(a_turn(), id)}})).field, "id");
  EXPECT_EQ(must(store.statistics()).operations, 0U);
}

TEST(Batches, WhatATurnTaughtIsStoredWithItAndCanBeRetried) {
  const StoreFolder folder;
  Store store = folder.open();
  const Operation turn = with_id(a_turn("cj", "Thanks! Could you please explain the weather in detail?"));
  const Batch taught = must(Store::learn(turn));
  ASSERT_GT(taught.operations.size(), 1U);
  const BatchOutcome first = must(store.commit(taught));
  EXPECT_EQ(first.outcomes.size(), taught.operations.size());
  EXPECT_FALSE(must(store.preferences("cj")).items.empty());

  const Batch derived_again = must(Store::learn(turn));
  EXPECT_TRUE(must(store.commit(derived_again)).is_already_stored);
  EXPECT_EQ(rev_of(store, "cj"), taught.operations.size());
}

TEST(Batches, OnlyATurnTeachesAndOnlyTheUsersOwnWords) {
  EXPECT_EQ(refusal(Store::learn(operation_of("cj", EndSession{}))).code, ErrorCode::kInvalid);
  for (const Origin origin : {Origin::kTool, Origin::kWeb, Origin::kAssistant}) {
    Operation turn = a_turn("cj", "Thanks, great joke, please explain the weather");
    turn.origin = origin;
    EXPECT_EQ(must(Store::learn(turn)).operations.size(), 1U);
  }
}

// Accepted, refused and retried batches of two users in any order: revs are 1..n without a gap, and everything that was
// acknowledged is there.
RC_GTEST_PROP(Batches, RevsHaveNoGapWhateverIsRefused, ()) {
  const StoreFolder folder;
  Store store = folder.open();
  std::map<std::string, std::uint64_t> revs;
  std::vector<Batch> stored;
  const int steps = *rc::gen::inRange(1, 12);
  for (int step = 0; step < steps; ++step) {
    const std::string user = *rc::gen::element<std::string>("cj", "ada");
    const bool is_retry = !stored.empty() && *rc::gen::inRange(0, 4) == 0;
    Batch batch;
    if (is_retry) {
      batch = stored[static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(stored.size())))];
    } else {
      const int size = *rc::gen::inRange(1, 6);
      for (int i = 0; i < size; ++i) batch.operations.push_back(with_id(a_turn(user)));
    }
    const bool is_refused = !is_retry && *rc::gen::inRange(0, 3) == 0;
    if (is_refused) batch.operations.push_back(operation_of(user, EndSession{.session = "no such"}));
    const auto outcome = store.commit(batch);
    RC_ASSERT(outcome.has_value() == !is_refused);
    if (is_refused) continue;
    RC_ASSERT(outcome->is_already_stored == is_retry);
    if (is_retry) continue;
    for (const Outcome& one : outcome->outcomes) RC_ASSERT(one.rev == ++revs[user]);
    stored.push_back(batch);
  }
  for (const auto& [user, rev] : revs) {
    const Page<Change> changes = must(store.changes(user, 0, 1000));
    RC_ASSERT(changes.items.size() == rev);
    for (std::size_t i = 0; i < changes.items.size(); ++i) RC_ASSERT(changes.items[i].rev == i + 1);
  }
  RC_ASSERT(must(store.verify()).problems.empty());
}

}  // namespace
}  // namespace penny::test
