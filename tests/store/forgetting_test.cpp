// What forgetting takes away, from every answer and from the file, and what it leaves.

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/raw_database.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::test {
namespace {

using testing::HasSubstr;

const std::string kSecret = "the safe opens with 4711-0815";

Operation a_secret_turn(const std::string& user = "cj") {
  return with_id(operation_of(user, AppendTurn{.user_input = "in: " + kSecret,
                                               .assistant_response = "out: " + kSecret,
                                               .metadata = R"({"note":")" + kSecret + "\"}"}));
}

std::uint64_t forget(Store& store, const OperationId& turn) {
  return result_of<ForgottenResult>(must(store.commit(operation_of("cj", ForgetTurn{.turn = turn})))).turns;
}

void expect_whole(const Store& store, std::uint64_t forgotten) {
  const VerifyReport report = must(store.verify());
  EXPECT_EQ(report.problems, std::vector<std::string>{});
  EXPECT_EQ(report.forgotten, forgotten);
}

// The text is in no file once the log was begun anew.
void expect_gone(const StoreFolder& folder, const std::string& text) {
  {
    RawDatabase raw(folder.path());
    raw.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  for (const auto& file : std::filesystem::directory_iterator(folder.folder()))
    EXPECT_EQ(bytes_of_file(file.path().string()).find(text), std::string::npos) << file.path();
}

TEST(Forgetting, ATurnKeepsItsPlaceAndLosesItsWords) {
  const StoreFolder folder;
  {
    Store store = folder.open();
    must(store.commit(a_turn()));
    const Operation secret = a_secret_turn();
    must(store.commit(secret));
    must(store.commit(a_turn("cj", "And then?")));
    EXPECT_EQ(forget(store, *secret.id), 1U);

    const auto turns = must(store.last_turns("cj")).items;
    ASSERT_EQ(turns.size(), 3U);
    EXPECT_TRUE(turns[1].is_forgotten);
    EXPECT_EQ(turns[1].rev, 2U);
    EXPECT_EQ(turns[1].number, 2U);
    EXPECT_EQ(turns[1].user_input + turns[1].assistant_response + turns[1].metadata, "");
    EXPECT_FALSE(turns[0].is_forgotten || turns[2].is_forgotten);
    EXPECT_EQ(must(store.session_turns("cj", turns[0].session)).items.size(), 3U);
    const std::string context = must(store.prompt_context("cj")).value;
    EXPECT_THAT(context, HasSubstr("And then?"));
    EXPECT_THAT(context, testing::Not(HasSubstr("4711")));
    const auto changes = must(store.changes("cj")).items;
    EXPECT_TRUE(changes.at(1).is_forgotten);
    EXPECT_EQ(std::get<AppendTurn>(changes[1].operation.payload).user_input, "");
    EXPECT_EQ(std::get<ForgetTurn>(changes.at(3).operation.payload).turn, *secret.id);
    EXPECT_EQ(std::get<ForgottenResult>(changes[3].result).turns, 1U);
    EXPECT_EQ(must(store.all_changes()).items.size(), 4U);
    expect_whole(store, 1);
  }
  expect_gone(folder, "4711");
}

TEST(Forgetting, ATurnCannotBeForgottenTwiceOrByAnother) {
  const StoreFolder folder;
  Store store = folder.open();
  const Operation turn = a_secret_turn();
  must(store.commit(turn));
  must(store.commit(a_turn("ada")));
  const Error of_another = refusal(store.commit(operation_of("ada", ForgetTurn{.turn = *turn.id})));
  EXPECT_EQ(of_another.code, ErrorCode::kNotFound);
  EXPECT_EQ(of_another.field, "turn");
  EXPECT_EQ(forget(store, *turn.id), 1U);
  EXPECT_EQ(refusal(store.commit(operation_of("cj", ForgetTurn{.turn = *turn.id}))).code, ErrorCode::kNotFound);
  // An operation that is no turn.
  const OperationId fact = must(store.commit(operation_of("cj", RememberFact{.text = "likes tea"}))).id;
  EXPECT_EQ(refusal(store.commit(operation_of("cj", ForgetTurn{.turn = fact}))).code, ErrorCode::kNotFound);
  expect_whole(store, 1);
}

TEST(Forgetting, RetriesAreAnsweredAsAtFirst) {
  const StoreFolder folder;
  Store store = folder.open();
  const Operation turn = a_secret_turn();
  const Outcome stored = must(store.commit(turn));
  const Operation forgetting = with_id(operation_of("cj", ForgetTurn{.turn = *turn.id}));
  must(store.commit(forgetting));
  // There is nothing left to compare the payload with.
  Operation other = turn;
  other.payload = AppendTurn{.user_input = "something else", .assistant_response = ""};
  for (const Operation& again : {turn, other}) {
    const Outcome outcome = must(store.commit(again));
    EXPECT_TRUE(outcome.is_already_stored);
    EXPECT_EQ(outcome.rev, stored.rev);
    EXPECT_EQ(outcome.result, stored.result);
  }
  const Outcome outcome = must(store.commit(forgetting));
  EXPECT_TRUE(outcome.is_already_stored);
  EXPECT_EQ(outcome.rev, 2U);
  EXPECT_EQ(must(store.changes("cj")).items.size(), 2U);
  EXPECT_TRUE(must(store.last_turns("cj")).items.at(0).is_forgotten);
}

TEST(Forgetting, WhatATurnTaughtStaysWithoutItsWords) {
  const StoreFolder folder;
  const std::string words = "please explain the algorithm of the safe of aunt agatha in detail";
  {
    Store store = folder.open();
    const Batch lesson = must(
        Store::learn(with_id(operation_of("cj", AppendTurn{.user_input = words, .assistant_response = "Gladly."}))));
    ASSERT_GT(lesson.operations.size(), 3U);
    must(store.commit(lesson));
    must(store.commit(
        operation_of("cj", AdjustDimension{.name = "communication_formality", .delta = 0.1, .trigger = "kept"})));
    const auto before = must(store.personality("cj")).value;
    const auto evolved = must(store.evolution("cj")).items;
    ASSERT_THAT(evolved.at(0).trigger, HasSubstr("please explain"));

    EXPECT_EQ(forget(store, *lesson.operations[0].id), 1U);
    const auto after = must(store.personality("cj")).value;
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(after[i].value, before[i].value);
      EXPECT_EQ(after[i].confidence, before[i].confidence);
      EXPECT_EQ(after[i].version, before[i].version);
    }
    const auto evolution = must(store.evolution("cj")).items;
    ASSERT_EQ(evolution.size(), evolved.size());
    for (std::size_t i = 0; i + 1 < evolution.size(); ++i) {
      EXPECT_EQ(evolution[i].trigger, "");
      EXPECT_EQ(evolution[i].confidence_change, evolved[i].confidence_change);
    }
    EXPECT_EQ(evolution.back().trigger, "kept");
    for (const Change& change : must(store.changes("cj")).items) {
      const auto* observation = std::get_if<ObserveDimension>(&change.operation.payload);
      if (observation == nullptr) continue;
      EXPECT_TRUE(change.is_forgotten);
      EXPECT_EQ(observation->trigger, "");
    }
    EXPECT_TRUE(must(store.commit(lesson)).is_already_stored);
    EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
  }
  expect_gone(folder, "aunt agatha");
  expect_gone(folder, "please explain the algorithm");
}

TEST(Forgetting, ASpanOfTurnsMayBeOfOneSession) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int i = 0; i < 6; ++i) must(store.commit(a_turn("cj", "turn " + std::to_string(i), i % 2 == 0 ? "a" : "b")));
  must(store.commit(operation_of("cj", SetPreference{.key = "color", .value = "1"})));
  const auto commit = [&](ForgetTurns turns) {
    return result_of<ForgottenResult>(must(store.commit(operation_of("cj", std::move(turns))))).turns;
  };
  EXPECT_EQ(commit({.first_rev = 2, .last_rev = 5, .session = "a"}), 2U);
  EXPECT_EQ(commit({.first_rev = 1, .last_rev = 4}), 3U);
  EXPECT_EQ(commit({.first_rev = 1, .last_rev = 400}), 1U);
  EXPECT_EQ(commit({.first_rev = 1, .last_rev = 400}), 0U);
  EXPECT_EQ(commit({.first_rev = 7, .last_rev = 400, .session = "nowhere"}), 0U);
  expect_whole(store, 6);
  EXPECT_EQ(refusal(store.commit(operation_of("cj", ForgetTurns{.first_rev = 1, .last_rev = 501}))).code,
            ErrorCode::kInvalid);
}

TEST(Forgetting, AtMostFourMiBAtOnce) {
  const StoreFolder folder;
  Store store = folder.open();
  const std::string text(limits::kTextBytesMax, 'x');
  for (int i = 0; i < 3; ++i)
    must(store.commit(operation_of("cj", AppendTurn{.user_input = text, .assistant_response = text})));
  const Error refused = refusal(store.commit(operation_of("cj", ForgetTurns{.first_rev = 1, .last_rev = 3})));
  EXPECT_EQ(refused.code, ErrorCode::kInvalid);
  EXPECT_EQ(refused.field, "last_rev");
  expect_whole(store, 0);
  must(store.commit(operation_of("cj", ForgetTurns{.first_rev = 1, .last_rev = 1})));
  expect_whole(store, 1);
}

TEST(Forgetting, ChangesWhatTurnsAndSessionsAreReadAs) {
  const StoreFolder folder;
  Store store = folder.open();
  const OperationId of_a = must(store.commit(a_turn("cj", "Hi", "a"))).id;
  must(store.commit(a_turn("cj", "Hi", "b")));
  const std::uint64_t read_at = 2;
  forget(store, of_a);
  const auto decide = [&](const std::string& key, std::uint64_t since) {
    const auto stored = store.commit(Batch{.operations = {operation_of("cj", RememberFact{.text = "said Hi"})},
                                           .if_unchanged_since = IfUnchangedSince{.rev = since, .keys = {key}}});
    return stored ? std::string("stored") : std::string(to_string(stored.error().code));
  };
  EXPECT_EQ(decide("turns", read_at), "conflict");
  EXPECT_EQ(decide("session:a", read_at), "conflict");
  EXPECT_EQ(decide("session:b", read_at), "stored");
  EXPECT_EQ(decide("turns", read_at + 1), "stored");
  EXPECT_EQ(decide("session:a", read_at + 1), "stored");
}

TEST(Forgetting, ABatchIsForgottenWholeOrNotAtAll) {
  const StoreFolder folder;
  Store store = folder.open();
  const Operation turn = a_secret_turn();
  must(store.commit(turn));
  const Batch refused{.operations = {operation_of("cj", ForgetTurn{.turn = *turn.id}),
                                     operation_of("cj", ForgetTurn{.turn = OperationId::make()})}};
  EXPECT_EQ(refusal(store.commit(refused)).code, ErrorCode::kNotFound);
  EXPECT_FALSE(must(store.last_turns("cj")).items.at(0).is_forgotten);
  expect_whole(store, 0);
  // A turn and its forgetting in one batch.
  const Operation other = a_secret_turn();
  must(store.commit(Batch{.operations = {other, operation_of("cj", ForgetTurn{.turn = *other.id}),
                                         operation_of("cj", ForgetTurn{.turn = *turn.id})}}));
  expect_whole(store, 2);
}

TEST(Forgetting, WatchersAreTold) {
  const StoreFolder folder;
  Store store = folder.open();
  const Operation turn = a_secret_turn();
  must(store.commit(turn));
  auto watch = must(store.watch("cj", 1));
  forget(store, *turn.id);
  const auto change = must(watch.next(std::chrono::seconds(10)));
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(std::get<ForgetTurn>(change->operation.payload).turn, *turn.id);
  // Who looks at what was before sees it without its words.
  auto late = must(store.watch("cj"));
  EXPECT_TRUE(must(late.next(std::chrono::seconds(10)))->is_forgotten);
}

TEST(Forgetting, TakesTheWordsOutOfTheSearchIndexToo) {
  const StoreFolder folder;
  {
    Store store = folder.open();
    std::vector<OperationId> ids;
    for (int i = 0; i < 3; ++i)
      ids.push_back(must(store.commit(a_turn("cj", "xylophone number " + std::to_string(i), "music"))).id);
    must(store.commit(a_turn("cj", "tea", "kitchen")));
    const auto hits = [&](const std::string& words) { return must(store.search("cj", {.words = words})).items.size(); };
    EXPECT_EQ(hits("xylophone"), 3U);
    ASSERT_TRUE(must(store.wait_for_search_index(std::chrono::seconds(30))));
    forget(store, ids[1]);
    EXPECT_EQ(hits("xylophone"), 2U);
    must(store.forget_session("cj", "music"));
    EXPECT_EQ(hits("xylophone"), 0U);
    ASSERT_TRUE(must(store.wait_for_search_index(std::chrono::seconds(30))));
    EXPECT_EQ(hits("xylophone"), 0U);
    EXPECT_EQ(hits("tea"), 1U);
    const auto is_in_index = [&] {
      return (bytes_of_file(folder.path() + "-search") + bytes_of_file(folder.path() + "-search-wal"))
                 .find("xylophon") != std::string::npos;
    };
    EXPECT_TRUE(until([&] { return !is_in_index(); }));
  }
  expect_gone(folder, "xylophon");
}

// Every other one of many, so that rows move between pages meanwhile.
TEST(Forgetting, LeavesNothingOfManyTurnsInAnyFile) {
  const StoreFolder folder;
  constexpr int kTurns = 600;
  const auto words = [](int i) { return "canary" + std::to_string(i) + "."; };
  {
    Store store = folder.open();
    std::vector<OperationId> ids;
    for (int i = 0; i < kTurns; ++i) {
      std::string text = words(i);
      while (text.size() < static_cast<std::size_t>(40 + i % 7 * 900)) text += words(i);
      ids.push_back(must(store.commit(a_turn("cj", text))).id);
    }
    for (int i = 0; i < kTurns; ++i) {
      if (i % 7 != 3) forget(store, ids[static_cast<std::size_t>(i * 37 % kTurns)]);
    }
    EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
  }
  {
    RawDatabase raw(folder.path());
    raw.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  const std::string bytes = bytes_on_disk(folder.path());
  int left = 0;
  for (int i = 0; i < kTurns; ++i) {
    if (i % 7 == 3) continue;
    const std::string gone = words(i * 37 % kTurns);
    for (std::size_t at = bytes.find(gone); at != std::string::npos; at = bytes.find(gone, at + 1)) ++left;
  }
  EXPECT_EQ(left, 0);
}

}  // namespace
}  // namespace penny::test
