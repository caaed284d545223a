// The write-ahead log is copied while others commit, and begun anew although somebody reads at every moment.

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "store/gate_page.hpp"
#include "store/sole_lock.hpp"
#include "support/log_copy.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

TEST(LongLog, IsBegunAnewUnderReadersThatOverlap) {
  const StoreFolder folder;
  Store store = folder.open();
  // The log is begun anew only when the reads that run have ended by themselves within 250 ms: each must be far shorter than
  // that, also on a slow machine with a sanitizer. Four threads of them overlap all the same.
  for (int i = 0; i < 4; ++i) must(store.commit(a_turn("reader", std::string(limits::kTextBytesMax / 8, 'x'))));
  std::atomic<bool> is_over{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!is_over) EXPECT_TRUE(store.last_turns("reader", 4).has_value());
    });
  }
  std::uintmax_t most = 0;
  for (int i = 0; i < 100; ++i) {
    must(store.commit(a_turn("writer", std::string(limits::kTextBytesMax, 'x'))));
    most = std::max(most, fs::file_size(folder.path() + "-wal"));
  }
  is_over = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_LT(most, std::uintmax_t{30} << 20U);  // 16 MB, found some 4 MB later, and a commit of 1 MB
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

class CopiedLog : public testing::Test {
 protected:
  // Some 8 MB of log, and a little more, so that it is time to copy it.
  void write_enough() {
    for (int i = 0; i < 9; ++i) must(store_.commit(a_turn("writer", std::string(limits::kTextBytesMax, 'x'))));
  }
  [[nodiscard]] bool is_copied() const { return page_->copied_frames() > 0; }

  const StoreFolder folder_;
  Store store_ = folder_.open();
  const base::StorePaths paths_ = must(base::prepare_paths(folder_.path(), false));
  const std::unique_ptr<store::GatePage> page_ = must(store::GatePage::open(paths_, false));
};

TEST_F(CopiedLog, IsCopiedAfterTheAnswer) {
  write_enough();
  EXPECT_TRUE(until([&] { return is_copied(); }));
  LogCopy(folder_.path()).await_end();
  EXPECT_EQ(must(store_.verify()).problems, std::vector<std::string>{});
}

TEST_F(CopiedLog, IsCopiedByOneProcessAtATime) {
  auto other = store::SoleLock::try_take(paths_);
  ASSERT_TRUE(other);
  write_enough();
  EXPECT_FALSE(is_copied());
  other.reset();
  write_enough();
  EXPECT_TRUE(until([&] { return is_copied(); }));
}

// A copy that has time takes some 100 ms for so many pages. On a machine that is slow at the wrong moment it may be over before the
// commit is, so there are several tries.
TEST_F(CopiedLog, NoCommitWaitsForTheCopyNotEvenOfThisProcess) {
  const LogCopy copy(folder_.path());
  bool has_overtaken = false;
  for (int i = 0; i < 20 && !has_overtaken; ++i) {
    write_enough();
    must(store_.commit(a_turn("hasty", "now")));
    has_overtaken = copy.is_under_way();
    copy.await_end();
    page_->set_copy_begun({});  // long ago: the next one has time
  }
  EXPECT_TRUE(has_overtaken);
}

TEST_F(CopiedLog, ClosingTheStoreDoesNotWaitForTheRestsOfTheCopy) {
  write_enough();
  store_.close();
  EXPECT_FALSE(LogCopy(folder_.path()).is_under_way());
  EXPECT_EQ(must(folder_.open().verify()).problems, std::vector<std::string>{});
}

TEST_F(CopiedLog, IsCopiedInsideTheGateIfNobodyElseDoes) {
  const auto other = store::SoleLock::try_take(paths_);
  ASSERT_TRUE(other);
  for (int i = 0; i < 6; ++i) write_enough();
  EXPECT_TRUE(is_copied());
  EXPECT_LT(fs::file_size(folder_.path() + "-wal"), std::uintmax_t{36} << 20U);
}

TEST(LongLog, HoldsReadersNoLongerThanItsRequestLasts) {
  const StoreFolder folder;
  folder.make();
  const auto paths = must(base::prepare_paths(folder.path(), false));
  const auto page = must(store::GatePage::open(paths, false));
  const auto waited = [&] {
    const auto begin = Clock::now();
    page->wait_to_read(begin + milliseconds(5'000));
    return Clock::now() - begin;
  };
  // Withdrawn, then one whose owner died.
  page->hold_readers(milliseconds(300));
  page->let_readers_go();
  EXPECT_LT(waited(), milliseconds(100));
  page->hold_readers(milliseconds(60'000));
  const auto expired = waited();
  EXPECT_GE(expired, milliseconds(250));
  EXPECT_LT(expired, milliseconds(3'000));
  EXPECT_LT(waited(), milliseconds(100));
}

TEST(LongLog, OfAStoppedReaderIsLimited) {
  const StoreFolder folder;
  constexpr std::uint64_t kLimit = limits::kLogBytesLeast;
  Store store = must(Store::open(folder.path(), {.log_bytes_max = kLimit}));
  const std::string text(limits::kTextBytesMax, 'x');
  const Outcome first = must(store.commit(a_turn("writer", "remember me")));
  StoreUser reader(folder.path(), false);
  ASSERT_EQ(reader.ask("hold"), "holding");
  reader.stop();

  std::optional<Error> refusal;
  for (int i = 0; i < 300 && !refusal; ++i) {
    const auto stored = store.commit(a_turn("writer", text));
    if (!stored) refusal = stored.error();
  }
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, ErrorCode::kOverloaded);
  EXPECT_EQ(refusal->field, "reader");
  EXPECT_NE(refusal->message.find(fmt::format("process {} ", reader.pid())), std::string::npos) << refusal->message;
  const auto size = fs::file_size(folder.path() + "-wal");
  EXPECT_GE(size, kLimit);
  EXPECT_LT(size, kLimit + (std::uintmax_t{4} << 20U));

  // Reading goes on, and so does forgetting.
  EXPECT_EQ(must(store.last_turns("writer", 1)).items.size(), 1U);
  EXPECT_TRUE(store.commit(Operation{.user = "writer", .payload = ForgetTurn{.turn = first.id}}));
  EXPECT_FALSE(store.commit(a_turn("writer", "one more")));

  reader.go_on();
  EXPECT_EQ(reader.line(), "held snapshot_expired");
  EXPECT_TRUE(until([&] { return store.commit(a_turn("writer", "one more")).has_value(); }));
  for (int i = 0; i < 50; ++i) must(store.commit(a_turn("writer", text)));
  EXPECT_LT(fs::file_size(folder.path() + "-wal"), kLimit + (std::uintmax_t{4} << 20U));
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

}  // namespace
}  // namespace penny::test
