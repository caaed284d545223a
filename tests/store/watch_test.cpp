#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include <fmt/core.h>
#include <penny/penny.hpp>

#include "base/temporary_folder.hpp"

namespace penny {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Operation turn(std::string user, std::string words) {
  return {.user = std::move(user), .payload = AppendTurn{.user_input = std::move(words), .assistant_response = "yes"}};
}

class WatchTest : public ::testing::Test {
 protected:
  Store open() {
    auto store = Store::open(folder_ / "memory.db");
    EXPECT_TRUE(store);
    return std::move(*store);
  }
  base::TemporaryFolder folder_;
};

TEST_F(WatchTest, EveryChangeOfAnotherStoreComesOnceAndInOrder) {
  Store writer = open();
  Store reader = open();
  auto watch = reader.watch("cj");
  ASSERT_TRUE(watch);
  std::thread writing([&] {
    for (int i = 1; i <= 200; ++i) EXPECT_TRUE(writer.commit(turn("cj", fmt::format("{}", i))));
  });
  for (std::uint64_t rev = 1; rev <= 200; ++rev) {
    const auto change = watch->next(seconds(20));
    ASSERT_TRUE(change && *change);
    EXPECT_EQ((*change)->rev, rev);
    EXPECT_EQ(std::get<AppendTurn>((*change)->operation.payload).user_input, fmt::format("{}", rev));
  }
  writing.join();
  EXPECT_FALSE(*watch->next(milliseconds(0)));
}

// More than it reads ahead at once.
TEST_F(WatchTest, WhoIsFarBehindMissesNothing) {
  Store store = open();
  Batch batch;
  for (int i = 0; i < 60; ++i) batch.operations.push_back(turn("cj", fmt::format("{}", i)));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(store.commit(batch));
  auto watch = store.watch("cj");
  ASSERT_TRUE(watch);
  for (std::uint64_t rev = 1; rev <= 600; ++rev) {
    const auto change = watch->next(milliseconds(0));
    ASSERT_TRUE(change && *change);
    ASSERT_EQ((*change)->rev, rev);
  }
}

// A watcher also looks by itself every 200 ms; twenty changes one after the other would take 4 s that way.
TEST_F(WatchTest, TheBellWakesItBeforeItLooksByItself) {
  Store writer = open();
  Store reader = open();
  auto watch = reader.watch("cj");
  ASSERT_TRUE(watch);
  std::atomic<int> seen{0};
  std::thread writing([&] {
    for (int i = 1; i <= 20; ++i) {
      EXPECT_TRUE(writer.commit(turn("cj", fmt::format("{}", i))));
      while (seen.load() < i) std::this_thread::yield();
    }
  });
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 1; i <= 20; ++i) {
    const auto change = watch->next(seconds(20));
    EXPECT_TRUE(change && *change);
    seen.store(i);
  }
  const auto took = std::chrono::steady_clock::now() - begin;
  writing.join();
  EXPECT_LT(took, seconds(2));
}

TEST_F(WatchTest, OtherUsersAreNotSeen) {
  Store store = open();
  auto watch = store.watch("cj");
  ASSERT_TRUE(store.commit(turn("someone else", "secret")));
  const auto change = watch->next(milliseconds(50));
  ASSERT_TRUE(change);
  EXPECT_FALSE(*change);
}

TEST_F(WatchTest, ItBeginsAfterTheGivenRev) {
  Store store = open();
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(store.commit(turn("cj", fmt::format("{}", i))));
  auto watch = store.watch("cj", 2);
  EXPECT_EQ((*watch->next(seconds(5)))->rev, 3U);
}

TEST_F(WatchTest, ClosingTheStoreEndsIt) {
  Store store = open();
  auto watch = store.watch("cj");
  std::thread closing([&] { store.close(); });
  const auto end = watch->next(seconds(20));
  closing.join();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, ErrorCode::kClosed);
}

}  // namespace
}  // namespace penny
