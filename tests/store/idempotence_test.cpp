// An id names one payload, once and for ever: retries of single operations.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

TEST(Idempotence, RetryOfEveryKindIsAnsweredWithTheFirstOutcomeAndWritesNothing) {
  const StoreFolder folder;
  Store store = folder.open();
  const std::vector<Operation> operations = one_of_each("cj");
  std::vector<Outcome> firsts;
  for (const Operation& operation : operations) firsts.push_back(must(store.commit(operation)));
  const std::string before = bytes_on_disk(folder.path());

  for (std::size_t i = 0; i < operations.size(); ++i) {
    const Outcome again = must(store.commit(operations[i]));
    EXPECT_TRUE(again.is_already_stored) << i;
    EXPECT_FALSE(firsts[i].is_already_stored) << i;
    EXPECT_EQ(again.id, *operations[i].id) << i;
    EXPECT_EQ(again.rev, i + 1);
    EXPECT_EQ(again.rev, firsts[i].rev);
    EXPECT_EQ(again.result, firsts[i].result) << i;
  }
  EXPECT_EQ(must(store.statistics()).operations, operations.size());
  EXPECT_TRUE(bytes_on_disk(folder.path()) == before);
}

TEST(Idempotence, RetryIsRecognisedByAnotherStoreAndAfterTheStoreWasClosed) {
  const StoreFolder folder;
  const Operation turn = with_id(a_turn());
  Outcome first;
  {
    Store store = folder.open();
    first = must(store.commit(turn));
    Store other = folder.open();
    EXPECT_TRUE(must(other.commit(turn)).is_already_stored);
  }
  Store reopened = folder.open();
  const Outcome again = must(reopened.commit(turn));
  EXPECT_TRUE(again.is_already_stored);
  EXPECT_EQ(again.rev, first.rev);
  EXPECT_EQ(again.result, first.result);
}

TEST(Idempotence, SameIdWithAnotherPayloadIsRefused) {
  const StoreFolder folder;
  Store store = folder.open();
  const std::vector<Operation> operations = one_of_each("cj");
  for (const Operation& operation : operations) must(store.commit(operation));
  const std::string before = bytes_on_disk(folder.path());

  for (std::size_t i = 0; i < operations.size(); ++i) {
    // The fact was forgotten: there is nothing left to compare with.
    if (std::holds_alternative<RememberFact>(operations[i].payload)) continue;
    const auto reused = store.commit(with_id(a_turn("cj", "something else"), *operations[i].id));
    const Error error = refusal(reused);
    EXPECT_EQ(error.code, ErrorCode::kInvalid) << i;
    EXPECT_EQ(error.field, "id_reused") << i;
    EXPECT_THAT(error.message, testing::HasSubstr(operations[i].id->to_string()));
    EXPECT_FALSE(error.advice.empty());
  }
  EXPECT_TRUE(bytes_on_disk(folder.path()) == before);
}

TEST(Idempotence, EveryFieldOfAPayloadCounts) {
  const StoreFolder folder;
  Store store = folder.open();
  const AppendTurn first{.user_input = "Hi",
                         .assistant_response = "Hello",
                         .modality = Modality::kVoice,
                         .session = "s",
                         .response_time_ms = 1,
                         .confidence = 0.5,
                         .metadata = "{}"};
  const OperationId id = OperationId::make();
  must(store.commit(with_id(operation_of("cj", first), id)));

  std::vector<AppendTurn> others(7, first);
  others[0].user_input = "HiH";
  others[0].assistant_response = "ello";
  others[1].assistant_response = "Hello ";
  others[2].modality = Modality::kChat;
  others[3].session = std::nullopt;
  others[4].response_time_ms = 2;
  others[5].confidence = 0.25;
  others[6].metadata = "{ }";
  for (const AppendTurn& other : others) {
    EXPECT_EQ(refusal(store.commit(with_id(operation_of("cj", other), id))).field, "id_reused");
  }
  EXPECT_TRUE(must(store.commit(with_id(operation_of("cj", first), id))).is_already_stored);
}

TEST(Idempotence, TimeOriginAndChannelAreNoPartOfThePayload) {
  const StoreFolder folder;
  Store store = folder.open();
  Operation turn = with_id(a_turn());
  must(store.commit(turn));
  turn.at = day(3);
  turn.origin = Origin::kImport;
  turn.channel = "voice@kitchen";
  EXPECT_TRUE(must(store.commit(turn)).is_already_stored);
}

TEST(Idempotence, IdsBelongToTheirUser) {
  const StoreFolder folder;
  Store store = folder.open();
  const OperationId id = OperationId::make();
  EXPECT_EQ(must(store.commit(with_id(a_turn("cj"), id))).rev, 1U);
  const Outcome other = must(store.commit(with_id(operation_of("ada", RememberFact{.text = "likes tea"}), id)));
  EXPECT_FALSE(other.is_already_stored);
  EXPECT_EQ(other.rev, 1U);
  // Nor by the same payload of a user who is known already.
  EXPECT_EQ(must(store.commit(a_turn("eve"))).rev, 1U);
  const Outcome same = must(store.commit(with_id(a_turn("eve"), id)));
  EXPECT_FALSE(same.is_already_stored);
  EXPECT_EQ(same.rev, 2U);
  EXPECT_TRUE(must(store.commit(with_id(a_turn("cj"), id))).is_already_stored);
  // Nor by an operation whose id is looked up before it is applied.
  Operation fact = with_id(operation_of("cj", RememberFact{.text = "likes tea"}));
  EXPECT_EQ(must(store.commit(fact)).rev, 2U);
  fact.user = "eve";
  EXPECT_FALSE(must(store.commit(fact)).is_already_stored);
}

TEST(Idempotence, RetryOfAForgottenFactIsAlreadyStoredWithoutComparison) {
  const StoreFolder folder;
  Store store = folder.open();
  const OperationId fact = OperationId::make();
  const Outcome first = must(store.commit(with_id(operation_of("cj", RememberFact{.text = "likes tea"}), fact)));
  must(store.commit(operation_of("cj", ForgetFact{.fact = fact})));

  for (const char* text : {"likes tea", "likes coffee"}) {
    const Outcome again = must(store.commit(with_id(operation_of("cj", RememberFact{.text = text}), fact)));
    EXPECT_TRUE(again.is_already_stored);
    EXPECT_EQ(again.rev, first.rev);
    EXPECT_EQ(again.result, first.result);
  }
  EXPECT_TRUE(must(store.facts("cj")).items.empty());
}

TEST(Idempotence, RefusedOperationMayBeSentAgainWithItsId) {
  const StoreFolder folder;
  Store store = folder.open();
  const OperationId id = OperationId::make();
  EXPECT_EQ(refusal(store.commit(with_id(operation_of("cj", EndSession{}), id))).code, ErrorCode::kNotFound);
  // Even with another payload: nothing was stored under this id.
  EXPECT_EQ(must(store.commit(with_id(a_turn(), id))).rev, 1U);
  const OperationId second = OperationId::make();
  const Operation end = with_id(operation_of("cj", EndSession{.session = "later"}), second);
  EXPECT_EQ(refusal(store.commit(end)).code, ErrorCode::kNotFound);
  must(store.commit(a_turn("cj", "Hi", "later")));
  EXPECT_FALSE(must(store.commit(end)).is_already_stored);
  EXPECT_TRUE(must(store.commit(end)).is_already_stored);
}

TEST(Idempotence, RetryIsAnsweredEvenIfItsConditionHoldsNoMore) {
  const StoreFolder folder;
  Store store = folder.open();
  const Operation first =
      with_version(with_id(operation_of("cj", SetPreference{.key = "color", .value = "\"blue\""})), 0);
  must(store.commit(first));
  EXPECT_TRUE(must(store.commit(first)).is_already_stored);
}

TEST(Idempotence, AcceptedOperationsThatChangeNothingAreStoredToo) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(a_turn("cj", "Hi", "s")));
  EXPECT_EQ(must(store.commit(operation_of("cj", EndSession{.session = "s"}))).rev, 2U);
  const Outcome again = must(store.commit(operation_of("cj", EndSession{.session = "s"})));
  EXPECT_EQ(again.rev, 3U);
  EXPECT_FALSE(again.is_already_stored);
  EXPECT_EQ(result_of<SessionResult>(again), (SessionResult{.session = "s", .turn_count = 1, .was_open = false}));
}

TEST(Idempotence, IdsAreMadeWhereTheCallerGivesNone) {
  const StoreFolder folder;
  Store store = folder.open();
  const Outcome first = must(store.commit(a_turn()));
  const Outcome second = must(store.commit(a_turn()));
  EXPECT_LT(first.id, second.id);
  EXPECT_TRUE(must(store.commit(with_id(a_turn(), first.id))).is_already_stored);
}

}  // namespace
}  // namespace penny::test
