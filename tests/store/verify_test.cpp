// `verify` finds nothing in a store that is whole, and every kind of loss and contradiction. Each column by itself:
// verify_columns_test.cpp.

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

// Three users; sessions that are open, left, ended and rolled over; facts that were forgotten; batches.
void fill(Store& store) {
  for (const char* user : {"ada", "cj", "eve"}) {
    must(store.commit(Batch{.operations = one_of_each(user)}));
    for (int i = 0; i < 23; ++i) must(store.commit(a_turn(user)));
    must(store.commit(a_turn(user, "Hi", "a")));
    must(store.commit(a_turn(user, "Hi", "b")));
    for (const Operation& operation : one_of_each(user)) must(store.commit(operation));
    must(store.commit(Batch{.operations = {a_turn(user, "Hi", "c"), a_turn(user, "Hi", "a"),
                                           operation_of(user, RememberFact{.text = "likes tea"})}}));
  }
}

// What verify says of a filled store after `damage`. The anchor is put away: what it shows is not asked here.
VerifyReport after(const std::string& damage) {
  const StoreFolder folder;
  {
    Store store = folder.open();
    fill(store);
  }
  {
    RawDatabase raw(folder.path());
    raw.run(damage);
  }
  std::filesystem::remove(folder.path() + "-gate");
  return must(folder.open().verify());
}

void expect_found(const std::string& damage, const std::string& what) {
  const VerifyReport report = after(damage);
  EXPECT_THAT(report.problems, testing::Contains(HasSubstr(what))) << damage;
}

TEST(Verify, FindsNothingInAStoreThatIsWhole) {
  const VerifyReport report = after("SELECT 1");
  EXPECT_EQ(report.problems, std::vector<std::string>{});
  EXPECT_EQ(report.users, 3U);
  EXPECT_EQ(report.operations, 3U * (9 + 23 + 2 + 9 + 3));
  EXPECT_EQ(report.forgotten, 6U);
}

TEST(Verify, FindsNothingInAnEmptyStore) {
  const StoreFolder folder;
  const VerifyReport report = must(folder.open().verify());
  EXPECT_EQ(report.problems, std::vector<std::string>{});
  EXPECT_EQ(report.users, 0U);
}

// Any operations in any order, accepted or refused.
RC_GTEST_PROP(Verify, AgreesWithWhateverWasCommitted, ()) {
  const StoreFolder folder;
  Store store = folder.open();
  std::vector<OperationId> facts{OperationId::make()};
  std::vector<OperationId> turns{OperationId::make()};
  std::uint64_t accepted = 0;
  const int steps = *rc::gen::inRange(1, 25);
  for (int step = 0; step < steps; ++step) {
    const auto user = *rc::gen::element<std::string>("cj", "ada");
    const auto session = *rc::gen::element<std::optional<std::string>>(std::nullopt, std::nullopt, "a", "b");
    const auto key = *rc::gen::element<std::string>("communication_formality", "own", "humor_style_preference");
    const double number = *rc::gen::inRange(0, 101) / 100.0;
    const auto text = *rc::gen::element<std::string>("dry", "playful");
    const auto value = *rc::gen::element<DimensionValue>(number, text);
    const auto json = *rc::gen::element<std::string>("1", "2", "\"x\"");
    const std::vector<Payload> payloads{
        AppendTurn{.user_input = "Hi", .assistant_response = "", .session = session},
        EndSession{.session = session},
        ObservePreference{.key = key, .value = json, .confidence = number},
        SetPreference{.key = key, .value = json, .confidence = number},
        AdjustDimension{.name = key, .delta = number - 0.5, .confidence_change = 0.5 - number, .trigger = text},
        ObserveDimension{.name = key, .value = value, .confidence = number, .trigger = text},
        SetDimension{.name = key, .value = value, .confidence_change = number, .trigger = text},
        RememberFact{.text = text, .confidence = number},
        ForgetFact{.fact = facts[*rc::gen::inRange<std::size_t>(0, facts.size())]},
        ForgetTurn{.turn = turns[*rc::gen::inRange<std::size_t>(0, turns.size())]},
        ForgetTurns{.first_rev = 1, .last_rev = *rc::gen::inRange<std::uint64_t>(1, 20), .session = session},
        ForgetPreference{.key = key}};
    if (*rc::gen::inRange(0, 8) == 0) {
      Operation turn = with_id(a_turn(user, "please explain the algorithm briefly, " + text, session));
      if (const auto learnt = store.commit(must(Store::learn(turn)))) {
        accepted += learnt->outcomes.size();
        turns.push_back(*turn.id);
      }
      continue;
    }
    const auto outcome = store.commit(operation_of(user, *rc::gen::elementOf(payloads)));
    if (!outcome) continue;
    accepted += 1;
    if (std::holds_alternative<FactResult>(outcome->result)) facts.push_back(outcome->id);
    if (std::holds_alternative<TurnResult>(outcome->result)) turns.push_back(outcome->id);
  }
  const VerifyReport report = must(store.verify());
  for (const std::string& problem : report.problems) RC_LOG() << problem << "\n";
  RC_ASSERT(report.problems.empty());
  RC_ASSERT(report.operations == accepted);
}

TEST(Verify, FindsAMissingOperation) {
  expect_found("DELETE FROM ledger WHERE user = 2 AND rev = 12", "rev 13 follows rev 11");
  expect_found("DELETE FROM ledger WHERE user = 2 AND rev = 1", "rev 2 follows rev 0");
  // The last one: only the state tells, if it changed any, and the batch that is cut off.
  expect_found("DELETE FROM ledger WHERE user = 2 AND rev = (SELECT max(rev) FROM ledger WHERE user = 2)",
               "is cut off");
  expect_found("DELETE FROM ledger WHERE user = 2", "there is no operation");
  expect_found("DELETE FROM users WHERE id = 2", "belong to no user");
}

TEST(Verify, FindsAMissingTurnAtTheEndByItsAnchor) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(a_turn()));
  must(store.commit(a_turn()));
  {
    RawDatabase raw(folder.path());
    raw.run("DELETE FROM ledger WHERE seq = 2");
  }
  const VerifyReport report = must(store.verify());
  EXPECT_THAT(report.problems, testing::Contains(HasSubstr("acknowledged operation with seq 2")));
}

TEST(Verify, FindsOperationsThatChangedPlaces) {
  // Two turns that are the same but for their place and id.
  expect_found(
      "UPDATE ledger SET rev = -1 WHERE user = 2 AND rev = 15; UPDATE ledger SET rev = 15 WHERE user = 2 AND rev = 16;"
      "UPDATE ledger SET rev = 16 WHERE user = 2 AND rev = -1",
      "the digest does not follow");
  expect_found(
      "UPDATE ledger SET seq = (SELECT seq FROM ledger WHERE user = 2 AND rev = 16) + 1000 "
      "WHERE user = 2 AND rev = 15",
      "seq");
}

TEST(Verify, FindsAnAddedOperation) {
  const std::string copy =
      "INSERT INTO ledger(user, rev, operation_id, kind, key, at, origin, channel, batch_first, batch_size, last_turn, "
      "salt, payload, payload_hash, digest, outcome, session, session_first, session_number, modality, user_input, "
      "assistant_response, response_time_ms, confidence, metadata) SELECT user, rev + 1, x'00', kind, key, at, origin, "
      "channel, rev + 1, 1, rev + 1, salt, payload, payload_hash, digest, outcome, session, session_first, "
      "session_number + 1, modality, user_input, assistant_response, response_time_ms, confidence, metadata FROM "
      "ledger "
      "WHERE user = 2 AND rev = (SELECT max(rev) FROM ledger WHERE user = 2 AND kind = 1);";
  expect_found("DELETE FROM ledger WHERE user = 2 AND rev = (SELECT max(rev) FROM ledger WHERE user = 2);" + copy,
               "operation_id");
  expect_found("DELETE FROM ledger WHERE user = 2 AND rev = (SELECT max(rev) FROM ledger WHERE user = 2);" + copy +
                   "UPDATE ledger SET operation_id = randomblob(16) WHERE operation_id = x'00'",
               "the digest does not follow");
}

TEST(Verify, FindsAddedAndMissingRowsOfState) {
  // One row of each table, and a copy of it under another key.
  const std::vector<std::array<std::string, 3>> tables{{"sessions", "id = 'a'", "id = 'z', first_rev = 1000"},
                                                       {"preferences", "key = 'color'", "key = 'z'"},
                                                       {"dimensions", "name = 'mood'", "name = 'z'"},
                                                       {"evolution", "name = 'mood' AND version = 1", "version = 9"},
                                                       {"facts", "first_rev = 46", "first_rev = 1000"}};
  for (const auto& [table, row, other] : tables) {
    const std::string where = " WHERE user = 2 AND " + row;
    expect_found("DELETE FROM " + table + where, "rows of " + table + " are as the ledger says");
    expect_found("CREATE TEMP TABLE copy AS SELECT * FROM " + table + where + "; UPDATE copy SET " + other +
                     "; INSERT INTO " + table + " SELECT * FROM copy",
                 table + " has a row that no operation made");
    expect_found("CREATE TEMP TABLE copy AS SELECT * FROM " + table + where +
                     "; UPDATE copy SET user = 99; INSERT INTO " + table + " SELECT * FROM copy",
                 table + ": 1 rows belong to no user");
  }
}

TEST(Verify, FindsAChangedTextOfATurn) {
  expect_found("UPDATE ledger SET user_input = 'Ho' WHERE user = 2 AND rev = 15",
               "the payload is not the one that was acknowledged");
}

TEST(Verify, FindsWhatIsOnlyHalfForgotten) {
  const std::string turn = " WHERE user = 2 AND rev = 15";
  expect_found("UPDATE ledger SET salt = NULL" + turn, "half forgotten");
  expect_found("UPDATE ledger SET user_input = NULL" + turn, "missing");
  expect_found("UPDATE ledger SET salt = NULL, user_input = NULL, assistant_response = NULL" + turn, "half forgotten");
}

TEST(Verify, FindsATurnThatNobodyForgot) {
  expect_found(
      "UPDATE ledger SET salt = NULL, user_input = NULL, assistant_response = NULL, metadata = NULL WHERE user = 2 AND "
      "rev = 15",
      "the turn lost its texts, but nobody forgot it");
}

// What was taken away, put back as it was.
TEST(Verify, FindsWhatIsStillThereAlthoughItWasForgotten) {
  const StoreFolder folder;
  {
    Store store = folder.open();
    const Batch lesson = must(Store::learn(with_id(a_turn("cj", "please explain the algorithm in detail"))));
    must(store.commit(lesson));
    must(store.commit(operation_of("cj", SetPreference{.key = "color", .value = "1"})));
    RawDatabase(folder.path()).run("CREATE TABLE before AS SELECT * FROM ledger");
    must(store.commit(operation_of("cj", ForgetTurn{.turn = *lesson.operations[0].id})));
    must(store.commit(operation_of("cj", ForgetPreference{.key = "color"})));
  }
  RawDatabase raw(folder.path());
  const auto problems_with = [&](const std::string& damage) {
    raw.run(damage);
    const auto report = must(folder.open().verify());
    return report.problems;
  };
  const std::string back =
      "UPDATE ledger SET (salt, payload, user_input, assistant_response, metadata) = (SELECT salt, payload, "
      "user_input, "
      "assistant_response, metadata FROM before WHERE before.seq = ledger.seq) WHERE ";
  EXPECT_THAT(problems_with(back + "kind = 1"), testing::ElementsAre(HasSubstr("its texts are still there")));
  EXPECT_THAT(problems_with(back + "kind = 4"), testing::Contains(HasSubstr("its value is still there")));
  EXPECT_THAT(problems_with(back + "kind = 6 AND seq = (SELECT min(seq) FROM ledger WHERE kind = 6)"),
              testing::Contains(HasSubstr("still tells words")));
}

TEST(Verify, FindsAFactThatNobodyForgot) {
  expect_found(
      "UPDATE ledger SET salt = NULL, payload = NULL WHERE kind = 8 AND rev = 46;"
      "UPDATE facts SET text = NULL, confidence = 0 WHERE first_rev = 46",
      "nobody forgot");
  expect_found("UPDATE ledger SET salt = NULL, payload = NULL WHERE kind = 4",
               "the preference lost its value, but nobody forgot it");
  expect_found("UPDATE ledger SET salt = NULL, payload = NULL WHERE kind = 2",
               "nothing can forget an operation of its kind");
  expect_found("UPDATE ledger SET salt = NULL, payload = NULL WHERE kind = 5", "nobody forgot the turn that taught it");
}

TEST(Verify, FindsAnIndexThatDisagreesWithItsTable) {
  // The index is taken out of the schema while a row is deleted, and put back as it was.
  for (const char* index : {"ledger_operation", "ledger_rev", "sessions_first"}) {
    const StoreFolder folder;
    {
      Store store = folder.open();
      fill(store);
    }
    const std::string name = index;
    const std::string table = name == "sessions_first" ? "sessions" : "ledger";
    std::string root;
    std::string sql;
    {
      RawDatabase raw(folder.path());
      root = raw.text("SELECT rootpage FROM sqlite_schema WHERE name = '" + name + "'");
      sql = raw.text("SELECT sql FROM sqlite_schema WHERE name = '" + name + "'");
      raw.run("PRAGMA writable_schema=ON; DELETE FROM sqlite_schema WHERE name = '" + name + "'");
    }
    {
      RawDatabase raw(folder.path());
      if (table == "ledger") {
        raw.run("UPDATE ledger SET operation_id = zeroblob(16), rev = 1000 WHERE user = 2 AND rev = 15");
      } else {
        raw.run("UPDATE sessions SET first_rev = first_rev + 1000 WHERE user = 2 AND id = 'a'");
      }
      raw.run(
          "PRAGMA writable_schema=ON; INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql) VALUES('index', "
          "'" +
          name + "', '" + table + "', " + root + ", '" + sql + "')");
    }
    std::filesystem::remove(folder.path() + "-gate");
    EXPECT_THAT(must(folder.open().verify()).problems, testing::Contains(HasSubstr(name)));
  }
}

TEST(Verify, FindsABrokenListOfFreePages) {
  const StoreFolder folder;
  {
    Store store = folder.open();
    const OperationId fact = OperationId::make();
    must(store.commit(with_id(operation_of("cj", RememberFact{.text = std::string(60'000, 'x')}), fact)));
    must(store.commit(operation_of("cj", ForgetFact{.fact = fact})));
  }
  RawDatabase(folder.path()).run("PRAGMA wal_checkpoint(TRUNCATE)");
  const std::string whole = bytes_of_file(folder.path());
  const auto number_at = [&](std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(whole[at + 2])) << 8U |
           static_cast<unsigned char>(whole[at + 3]);
  };
  const std::size_t list = (number_at(32) - 1) * 4096;
  ASSERT_GT(number_at(list + 4), 5U);
  // The first page of the list is one that is not there.
  std::string broken = whole;
  broken[list + 8] = 1;
  write_file(folder.path(), broken);
  EXPECT_NE(must(folder.open().verify()).problems, std::vector<std::string>{});
}

TEST(Verify, FindsAStoreWithAnotherName) {
  expect_found("UPDATE store SET store_id = zeroblob(16)", "the digest does not follow");
  expect_found("UPDATE users SET name = 'mallory' WHERE id = 2", "the digest does not follow");
}

TEST(Verify, GoesOnBesideWriters) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store);
  Store writer = folder.open();
  for (int i = 0; i < 10; ++i) {
    must(writer.commit(a_turn()));
    EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
  }
}

}  // namespace
}  // namespace penny::test
