// A disk that is really full: nothing that was acknowledged is lost, reading goes on, and so does writing once there is space.

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/raw_database.hpp"
#include "support/small_disk.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

TEST(FullDisk, ReadsGoOnAndWritingResumesByItself) {
  const StoreFolder other;
  const SmallDisk disk(other / "disk", 8192);
  if (!disk.is_mounted()) GTEST_SKIP() << "no file system can be mounted here: " << disk.why_not();
  Store store = must(Store::open(disk / "memory.db"));
  std::size_t acknowledged = 0;
  for (; acknowledged < 20; ++acknowledged) must(store.commit(a_turn("ada", std::string(1000, 'x'))));
  for (int round = 0; round < 2; ++round) {
    disk.fill();
    Error error;
    for (int i = 0; i < 500 && error.message.empty(); ++i) {
      const auto stored = store.commit(a_turn("ada", std::string(20'000, 'y')));
      acknowledged += stored ? std::size_t{1} : 0;
      if (!stored) error = stored.error();
    }
    EXPECT_EQ(error.code, ErrorCode::kStorageFailed) << error.message;
    EXPECT_EQ(must(store.last_turns("ada", 1000)).items.size(), acknowledged);
    EXPECT_EQ(must(store.diagnose()).statistics.turns, acknowledged);
    EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
    EXPECT_EQ(must(store.backup(other / std::to_string(round))).operations, acknowledged);
    const Store reader = must(Store::open(disk / "memory.db", {.read_only = true}));
    EXPECT_EQ(must(reader.last_turns("ada", 1000)).items.size(), acknowledged);

    disk.make_space();
    must(store.commit(a_turn("ada")));
    acknowledged += 1;
  }
  EXPECT_EQ(must(store.verify()).operations, acknowledged);
}

// ada and bob have turns, and the disk and the room in the log are used up.
class DiskThatIsFull : public testing::Test {
 protected:
  void SetUp() override {
    if (!disk_.is_mounted()) GTEST_SKIP() << "no file system can be mounted here: " << disk_.why_not();
    Store store = open();
    for (int i = 0; i < 200; ++i) {
      must(store.commit(a_turn("ada", "of ada " + std::string(1000, 'a'))));
      must(store.commit(a_turn("bob", "of bob " + std::string(1000, 'b'))));
    }
    first_of_bob_ = must(store.last_turns("bob", 200)).items.front().id;
    disk_.fill();
    write_until_refused(store);
  }
  static void write_until_refused(Store& store) {
    for (int i = 0; i < 4000; ++i) {
      const auto stored = store.commit(a_turn("bob", std::string(20'000, 'c')));
      if (stored) continue;
      EXPECT_EQ(stored.error().field, "full") << stored.error().message;
      return;
    }
    FAIL() << "the disk is not full";
  }
  [[nodiscard]] Store open() const { return must(Store::open(disk_ / "memory.db")); }

  const EraseOptions kErase{.deadline = std::chrono::seconds(60), .progress = {}, .also_search_for = {}};
  const StoreFolder other_;
  const SmallDisk disk_{other_ / "disk", 64U << 10U};
  OperationId first_of_bob_;
};

// Whoever adds takes what it gets each time; the ballast is there for the next one who forgets.
TEST_F(DiskThatIsFull, ForgetsAsOftenAsOneLikes) {
  Store store = open();
  for (const Turn& turn : must(store.last_turns("ada", 200)).items) {
    if (turn.rev % 20 == 0) write_until_refused(store);
    must(store.commit(operation_of("ada", ForgetTurn{.turn = turn.id})));
  }
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST_F(DiskThatIsFull, RefusesWhatAddsWhileTheBallastIsSpentAndErasesMeanwhile) {
  Store store = open();
  EXPECT_EQ(must(store.diagnose()).ballast, "kept");
  must(store.commit(operation_of("bob", ForgetTurn{.turn = first_of_bob_})));
  EXPECT_EQ(must(store.diagnose()).ballast, "spent");
  disk_.fill();  // another program takes what the ballast gave
  const Error refused = refusal(store.commit(a_turn("bob")));
  EXPECT_EQ(refused.field, "full");
  EXPECT_THAT(refused.message, testing::HasSubstr("ballast"));
  EXPECT_THAT(must(store.diagnose()).warnings, testing::Contains(testing::HasSubstr("the disk is full")));
  EXPECT_EQ(must(store.erase("ada", kErase)).bytes_found, 0U);
  EXPECT_EQ(must(store.last_turns("ada")).items.size(), 0U);
  EXPECT_EQ(refusal(store.commit(a_turn("bob"))).field, "full");
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});

  disk_.make_space();
  must(store.commit(a_turn("bob")));
  EXPECT_EQ(must(store.diagnose()).ballast, "kept");
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST_F(DiskThatIsFull, GivingSpaceBackEndsIt) {
  Store store = open();
  disk_.make_space();
  for (int i = 0; i < 1000; ++i) must(store.commit(a_turn("bob", std::string(20'000, 'c'))));
  disk_.fill();
  write_until_refused(store);
  EXPECT_EQ(must(store.erase("bob", kErase)).bytes_found, 0U);
  disk_.fill();
  disk_.make_space(std::size_t{3} << 20U);
  const auto still_full = store.commit(a_turn("ada"));
  EXPECT_TRUE(!still_full && still_full.error().field == "full");
  EXPECT_GT(must(store.vacuum()).pages, 1000U);
  must(store.commit(a_turn("ada", std::string(1'000'000, 'd'))));
  EXPECT_EQ(must(store.diagnose()).ballast, "kept");
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

// Nobody has the store open, so whoever comes needs space for the files beside it.
TEST_F(DiskThatIsFull, IsOpenedReadDiagnosedAndErasedByAProgramThatComesThen) {
  std::filesystem::remove(disk_ / "memory.db-shm");
  disk_.fill();
  Store store = open();
  EXPECT_EQ(must(store.last_turns("ada", 200)).items.size(), 200U);
  EXPECT_EQ(must(store.diagnose()).ballast, "spent");
  EXPECT_EQ(must(store.erase("ada", kErase)).bytes_found, 0U);
  disk_.make_space();
  must(store.commit(a_turn("ada")));
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

// The index is a file of its own, which grows before it shrinks as well.
TEST_F(DiskThatIsFull, ErasesWhatTheSearchIndexHas) {
  disk_.make_space();
  Store store = open();
  EXPECT_FALSE(must(store.search("ada", {.words = "ada"})).items.empty());
  ASSERT_TRUE(must(store.wait_for_search_index(std::chrono::seconds(30))));
  disk_.fill();
  EXPECT_EQ(must(store.erase("ada", kErase)).bytes_found, 0U);
  EXPECT_TRUE(must(store.search("ada", {.words = "ada"})).items.empty());
}

}  // namespace
}  // namespace penny::test
