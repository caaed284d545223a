// Facts that are remembered and forgotten.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

OperationId remember(Store& store, const std::string& text) {
  return must(store.commit(operation_of("cj", RememberFact{.text = text}))).id;
}

TEST(Facts, AreRememberedWithTheIdOfTheirOperation) {
  const StoreFolder folder;
  Store store = folder.open();
  Operation operation = with_id(operation_of("cj", RememberFact{.text = "likes tea", .confidence = 0.75}));
  operation.at = day(3);
  operation.origin = Origin::kAssistant;
  operation.channel = "agent";
  const Outcome stored = must(store.commit(operation));
  EXPECT_EQ(result_of<FactResult>(stored), (FactResult{.fact = *operation.id, .version = 1}));
  const auto page = must(store.facts("cj"));
  ASSERT_EQ(page.items.size(), 1U);
  const Fact& fact = page.items[0];
  EXPECT_EQ(fact.id, *operation.id);
  EXPECT_EQ(fact.text, "likes tea");
  EXPECT_EQ(fact.confidence, 0.75);
  EXPECT_EQ(fact.version, 1U);
  EXPECT_EQ(fact.rev, 1U);
  EXPECT_EQ(fact.at, day(3));
  EXPECT_EQ(fact.origin, Origin::kAssistant);
  EXPECT_EQ(fact.channel, "agent");
}

TEST(Facts, AreGoneOnceForgotten) {
  const StoreFolder folder;
  const std::string secret = "the safe opens with 4711-0815";
  {
    Store store = folder.open();
    const OperationId kept = remember(store, "likes tea");
    const OperationId gone = remember(store, secret);
    const Outcome forgotten = must(store.commit(operation_of("cj", ForgetFact{.fact = gone})));
    EXPECT_EQ(result_of<FactResult>(forgotten), (FactResult{.fact = gone, .version = 2}));
    const auto facts = must(store.facts("cj")).items;
    ASSERT_EQ(facts.size(), 1U);
    EXPECT_EQ(facts[0].id, kept);
    EXPECT_EQ(must(store.user_statistics("cj")).value.facts, 1U);

    const auto changes = must(store.changes("cj")).items;
    EXPECT_TRUE(changes.at(1).is_forgotten);
    EXPECT_EQ(std::get<RememberFact>(changes[1].operation.payload).text, "");
    EXPECT_FALSE(changes.at(0).is_forgotten);
    const VerifyReport report = must(store.verify());
    EXPECT_EQ(report.problems, std::vector<std::string>{});
    EXPECT_EQ(report.forgotten, 1U);
    EXPECT_EQ(report.operations, 3U);
  }
  {
    RawDatabase raw(folder.path());
    EXPECT_EQ(raw.text("SELECT count(*) FROM ledger WHERE instr(CAST(payload AS TEXT), '4711')"), "0");
    raw.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  EXPECT_EQ(bytes_on_disk(folder.path()).find(secret), std::string::npos);
}

TEST(Facts, CannotBeForgottenTwiceOrByAnother) {
  const StoreFolder folder;
  Store store = folder.open();
  const OperationId fact = remember(store, "likes tea");
  EXPECT_EQ(refusal(store.commit(operation_of("ada", ForgetFact{.fact = fact}))).code, ErrorCode::kNotFound);
  must(store.commit(operation_of("cj", ForgetFact{.fact = fact})));
  const Error twice = refusal(store.commit(operation_of("cj", ForgetFact{.fact = fact})));
  EXPECT_EQ(twice.code, ErrorCode::kNotFound);
  EXPECT_EQ(twice.field, "fact");
  EXPECT_THAT(twice.message, testing::HasSubstr(fact.to_string()));
  EXPECT_EQ(refusal(store.commit(operation_of("cj", ForgetFact{.fact = OperationId::make()}))).code,
            ErrorCode::kNotFound);
  // The id of an operation that is no fact.
  const Outcome turn = must(store.commit(a_turn()));
  EXPECT_EQ(refusal(store.commit(operation_of("cj", ForgetFact{.fact = turn.id}))).code, ErrorCode::kNotFound);
}

TEST(Facts, AreListedInTheOrderInWhichTheyWereRemembered) {
  const StoreFolder folder;
  Store store = folder.open();
  std::vector<OperationId> ids;
  for (int i = 0; i < 6; ++i) {
    ids.push_back(remember(store, "fact " + std::to_string(i)));
    must(store.commit(a_turn()));
  }
  must(store.commit(operation_of("cj", ForgetFact{.fact = ids[1]})));
  const auto first = must(store.facts("cj", 0, 2));
  ASSERT_EQ(first.items.size(), 2U);
  EXPECT_EQ(first.items[0].text, "fact 0");
  EXPECT_EQ(first.items[1].text, "fact 2");
  const auto second = must(store.facts("cj", first.next.value(), 3));
  ASSERT_EQ(second.items.size(), 3U);
  EXPECT_EQ(second.items[0].text, "fact 3");
  EXPECT_EQ(second.items[2].text, "fact 5");
  EXPECT_FALSE(second.next.has_value());
}

}  // namespace
}  // namespace penny::test
