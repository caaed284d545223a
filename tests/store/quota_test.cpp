// A quota: what would exceed it is refused before anything is written, whoever writes; forgetting and erasing make room.

#include <atomic>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Store open_with(const StoreFolder& folder, std::uint64_t user_bytes_max) {
  OpenOptions options;
  options.user_bytes_max = user_bytes_max;
  return must(Store::open(folder.path(), options));
}

// A turn that keeps so many bytes: the text, "Hello" and "{}".
Operation turn_of(std::size_t bytes, const std::string& user = "cj") {
  return with_id(a_turn(user, std::string(bytes - 7, 'x')));
}

void expect_full(Store& store, Operation operation) {
  const Error error = refusal(store.commit(std::move(operation)));
  EXPECT_EQ(error.code, ErrorCode::kOverloaded) << error.message;
  EXPECT_EQ(error.field, "quota");
  EXPECT_FALSE(error.advice.empty());
}

// What the store believes that the user keeps, as a refusal tells it.
std::string told_bytes(const StoreFolder& folder) {
  Store store = open_with(folder, 0);
  const std::string message = refusal(store.commit(turn_of(10))).message;
  return message.substr(0, message.find(" of texts"));
}

std::string kept_bytes(const StoreFolder& folder) {
  RawDatabase raw(folder.path());
  return "user \"cj\" has " +
         raw.text(
             "SELECT coalesce(sum(length(CAST(coalesce(user_input, '') || coalesce(assistant_response, '') || "
             "coalesce(metadata, '') AS BLOB)) + CASE WHEN kind BETWEEN 3 AND 8 THEN coalesce(length(payload), 0) ELSE "
             "0 END), 0) FROM ledger JOIN users ON users.id = ledger.user WHERE name = 'cj'") +
         " bytes";
}

TEST(Quota, WhatWouldExceedItIsRefusedAndNothingIsWritten) {
  const StoreFolder folder;
  Store store = open_with(folder, 1'000);
  const Operation first = turn_of(600);
  must(store.commit(first));
  must(store.commit(turn_of(400)));
  const std::string before = bytes_on_disk(folder.path());

  expect_full(store, turn_of(7));
  expect_full(store, operation_of("cj", RememberFact{.text = "likes tea"}));
  expect_full(store, operation_of("cj", SetPreference{.key = "color", .value = "1"}));
  expect_full(store, operation_of("cj", AdjustDimension{.name = "mood", .delta = 0.1}));
  expect_full(store, turn_of(1'001, "a new user"));
  EXPECT_THAT(refusal(store.commit(turn_of(7))).message, HasSubstr("1000 bytes of texts; 7 more"));
  const Batch batch{.operations = {operation_of("cj", EndSession{}), turn_of(7)}};
  EXPECT_EQ(refusal(store.commit(batch)).field, "quota");

  EXPECT_EQ(bytes_on_disk(folder.path()), before);
  EXPECT_TRUE(must(store.commit(first)).is_already_stored);
  EXPECT_EQ(must(store.statistics()).users, 1U);
  must(store.commit(turn_of(1'000, "eve")));
  must(store.commit(operation_of("cj", EndSession{})));
  Store unlimited = folder.open();
  must(unlimited.commit(turn_of(7)));
}

TEST(Quota, ForgettingAndErasingMakeRoom) {
  const StoreFolder folder;
  Store store = open_with(folder, 1'000);
  const Operation turn = turn_of(400);
  must(store.commit(turn));
  must(store.commit(turn_of(300)));
  must(store.commit(turn_of(300)));
  expect_full(store, turn_of(7));

  must(store.commit(operation_of("cj", ForgetTurn{.turn = *turn.id})));
  expect_full(store, turn_of(401));
  must(store.commit(turn_of(400)));
  expect_full(store, turn_of(7));

  must(store.commit(operation_of("cj", EraseUser{})));
  expect_full(store, turn_of(1'001));
  must(store.commit(turn_of(1'000)));
  expect_full(store, turn_of(7));
  EXPECT_THAT(must(store.verify()).problems, IsEmpty());
}

// Each of them remembers what it knows of the user between two commits.
TEST(Quota, SeveralWritersShareIt) {
  const StoreFolder folder;
  constexpr std::size_t kTurns = 150;
  std::vector<Store> stores;
  for (int i = 0; i < 3; ++i) stores.push_back(open_with(folder, 100 * kTurns));
  std::vector<std::thread> writers;
  std::atomic<std::size_t> stored{0};
  for (Store& store : stores) {
    for (int thread = 0; thread < 2; ++thread) {
      writers.emplace_back([&] {
        while (store.commit(turn_of(100))) stored += 1;
      });
    }
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(stored, kTurns);
  for (Store& store : stores) expect_full(store, turn_of(7));
  EXPECT_EQ(told_bytes(folder), kept_bytes(folder));
}

// Over several of the revs at which the sum is noted, and with every way to forget.
TEST(Quota, TheSumIsWhatTheLedgerKeeps) {
  const StoreFolder folder;
  std::minstd_rand random(5);
  std::vector<OperationId> turns;
  std::vector<OperationId> facts;
  const auto text = [&] { return std::string(1 + random() % 300, 'x'); };
  const auto payload = [&]() -> Payload {
    const std::string key = "key " + std::to_string(random() % 4);
    switch (random() % 8) {
      case 0:
        return SetPreference{.key = key, .value = "\"" + text() + "\""};
      case 1:
        return ObservePreference{.key = key, .value = "\"" + text() + "\"", .confidence = 0.5};
      case 2:
        return ForgetPreference{.key = key};
      case 3:
        return RememberFact{.text = text()};
      case 4:
        return ForgetFact{.fact = facts.empty() ? OperationId::make() : facts[random() % facts.size()]};
      case 5:
        return ForgetTurn{.turn = turns.empty() ? OperationId::make() : turns[random() % turns.size()]};
      case 6:
        return EndSession{};
      default:
        return AdjustDimension{.name = "mood", .delta = 0.01, .trigger = text()};
    }
  };
  for (int round = 0; round < 6; ++round) {
    Store store = round % 2 == 0 ? folder.open() : open_with(folder, 1'000'000);
    for (int i = 0; i < 40; ++i) {
      const Batch lesson =
          must(Store::learn(with_id(a_turn("cj", "please explain the algorithm in detail " + text()))));
      must(store.commit(lesson));
      turns.push_back(*lesson.operations[0].id);
      const auto outcome = store.commit(operation_of("cj", payload()));
      if (outcome && std::holds_alternative<FactResult>(outcome->result)) facts.push_back(outcome->id);
    }
    EXPECT_EQ(told_bytes(folder), kept_bytes(folder)) << "round " << round;
    EXPECT_THAT(must(store.verify()).problems, IsEmpty());
  }
  Store store = open_with(folder, 1'000'000);
  must(store.forget_turns_after("cj", 100));
  EXPECT_EQ(told_bytes(folder), kept_bytes(folder));
  must(store.clean_up({.user = "cj", .older_than = day(100'000)}));
  must(store.undo("cj", 0));
  EXPECT_EQ(told_bytes(folder), kept_bytes(folder));
  EXPECT_THAT(must(store.verify()).problems, IsEmpty());
  {
    RawDatabase raw(folder.path());
    raw.run("UPDATE usage SET bytes = bytes - 1");
  }
  EXPECT_THAT(must(store.verify()).problems, testing::Contains(HasSubstr("usage differs")));
}

}  // namespace
}  // namespace penny::test
