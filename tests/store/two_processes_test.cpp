// Several processes share one user's memory: what one is told is stored, every other sees at once, and a watcher sees
// each change once, in order.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "support/acknowledgements.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

TEST(TwoProcesses, EachSeesWhatTheOtherWasTold) {
  const StoreFolder folder;
  StoreUser chat(folder.path());
  StoreUser voice(folder.path());
  for (std::uint64_t n = 1; n <= 20; ++n) {
    StoreUser& writer = n % 2 == 0 ? chat : voice;
    StoreUser& reader = n % 2 == 0 ? voice : chat;
    const auto stored = writer.commit("cj", OperationId::make().to_string());
    EXPECT_EQ(stored.outcome, "stored");
    EXPECT_EQ(stored.rev, n);
    const auto read = words(reader.ask("read cj"));
    ASSERT_EQ(read.size(), 4U);
    EXPECT_EQ(read[1] + " " + read[2], std::to_string(n) + " " + std::to_string(n));
  }
}

TEST(TwoProcesses, ARetryInAnotherProcessIsRecognised) {
  const StoreFolder folder;
  StoreUser chat(folder.path());
  StoreUser voice(folder.path());
  const std::string id = OperationId::make().to_string();
  EXPECT_EQ(chat.commit("cj", id).outcome, "stored");
  const auto again = voice.commit("cj", id);
  EXPECT_EQ(again.outcome, "already");
  EXPECT_EQ(again.rev, 1U);
}

TEST(TwoProcesses, NoUpdateOfADimensionIsLost) {
  const StoreFolder folder;
  const std::string log = folder / "acknowledged";
  std::vector<StoreUser> users;
  for (int i = 0; i < 3; ++i) users.emplace_back(folder.path());
  for (StoreUser& user : users) user.load(2, "cj", log);
  const Store store = folder.open();
  ASSERT_TRUE(until([&] { return must(store.user_statistics("cj")).value.operations >= 300; }));
  for (StoreUser& user : users) EXPECT_EQ(user.end().refused, 0U);

  const auto evolution = must(store.evolution("cj", {}, 0, limits::kPageItemsMax));
  double value = 0.5;
  std::uint64_t version = 0;
  for (const Evolution& change : evolution.items) {
    EXPECT_EQ(change.version, ++version);
    EXPECT_EQ(std::get<double>(change.old_value), value);
    value = std::min(1.0, value + 0.001);
    EXPECT_EQ(std::get<double>(change.new_value), value);
  }
  EXPECT_GT(version, 100U);
  EXPECT_EQ(account(folder.path(), log).lost, 0U);
}

TEST(TwoProcesses, AWatcherSeesEveryChangeOfAnotherProcessInOrder) {
  const StoreFolder folder;
  StoreUser writer(folder.path());
  StoreUser watcher(folder.path());
  constexpr int kChanges = 200;
  watcher.send("watch cj 0 " + std::to_string(kChanges));
  std::vector<std::string> ids;
  for (int i = 0; i < kChanges; ++i) {
    ids.push_back(OperationId::make().to_string());
    ASSERT_EQ(writer.commit("cj", ids.back()).outcome, "stored");
  }
  for (int i = 0; i < kChanges; ++i) {
    EXPECT_EQ(watcher.line(), std::to_string(i + 1) + " " + ids[static_cast<std::size_t>(i)]);
  }
}

TEST(TwoProcesses, AWatcherIsWokenByTheBell) {
  const StoreFolder folder;
  StoreUser writer(folder.path());
  Store store = folder.open();
  auto watch = must(store.watch("cj"));
  std::vector<double> waits;
  for (std::uint64_t n = 1; n <= 40; ++n) {
    Clock::time_point seen;
    std::uint64_t rev = 0;
    std::thread watching([&] {
      const auto change = watch.next(kPatience);
      seen = Clock::now();
      if (change && *change) rev = (*change)->rev;
    });
    EXPECT_EQ(writer.commit("cj", OperationId::make().to_string()).outcome, "stored");
    const auto told = Clock::now();
    watching.join();
    ASSERT_EQ(rev, n);
    waits.push_back(std::chrono::duration<double, std::milli>(seen - told).count());
  }
  std::ranges::sort(waits);
  // Without the bell a watcher looks again every 200 ms only.
  EXPECT_LT(waits[waits.size() / 2], 20.0);
  RecordProperty("median_ms", std::to_string(waits[waits.size() / 2]));
  RecordProperty("longest_ms", std::to_string(waits.back()));
}

TEST(TwoProcesses, WatchersOfThreeProcessesSeeTheSameWhileThreeWrite) {
  const StoreFolder folder;
  const std::string log = folder / "acknowledged";
  constexpr int kChanges = 300;
  std::vector<StoreUser> watchers;
  for (int i = 0; i < 3; ++i) {
    watchers.emplace_back(folder.path());
    watchers.back().send("watch cj 0 " + std::to_string(kChanges));
  }
  std::vector<StoreUser> writers;
  for (int i = 0; i < 3; ++i) {
    writers.emplace_back(folder.path());
    writers.back().load(2, "cj", log);
  }
  for (int n = 1; n <= kChanges; ++n) {
    const std::string first = watchers[0].line();
    ASSERT_EQ(words(first).at(0), std::to_string(n));
    ASSERT_EQ(watchers[1].line(), first);
    ASSERT_EQ(watchers[2].line(), first);
  }
  for (StoreUser& writer : writers) EXPECT_EQ(writer.end().refused, 0U);
}

TEST(TwoProcesses, ManyProcessesMakeTheSameStoreAtOnce) {
  const StoreFolder folder;
  std::vector<StoreUser> users;
  for (int i = 0; i < 20; ++i) users.emplace_back(folder.path(), false);
  for (StoreUser& user : users) user.send("open");
  for (StoreUser& user : users) EXPECT_EQ(user.line(), "open");
  std::uint64_t rev = 0;
  for (StoreUser& user : users) EXPECT_EQ(user.commit("cj", OperationId::make().to_string()).rev, ++rev);
}

}  // namespace
}  // namespace penny::test
