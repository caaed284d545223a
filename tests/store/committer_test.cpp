// Attacks the write path (src/store/committer.hpp) and the rules for a transaction that is gone (src/backend/sqlite/
// writer.hpp), through a real store. A disk that fails is made of SQLite's own hook for system calls, and of this
// program's fdatasync, which stands before the one of the C library.

#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <set>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <penny/penny.hpp>

#include "base/temporary_folder.hpp"
#include "store/gate.hpp"

namespace {

std::atomic<int> failing_syncs{0};
std::atomic<int> writes_until_failure{-1};  // -1: never
std::atomic<int> write_error{ENOSPC};

ssize_t failing_pwrite(int file, const void* bytes, size_t size, off_t at) {
  if (writes_until_failure.load() >= 0 && writes_until_failure.fetch_sub(1) <= 0) {
    writes_until_failure.store(0);
    errno = write_error.load();
    return -1;
  }
  return pwrite(file, bytes, size, at);
}

}  // namespace

extern "C" int fdatasync(int file) {
  if (failing_syncs.load() > 0) {
    failing_syncs.fetch_sub(1);
    errno = EIO;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fdatasync, file));
}

namespace penny {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

Operation turn(std::string user, std::string words, std::optional<OperationId> id = {}) {
  return {.user = std::move(user),
          .payload = AppendTurn{.user_input = std::move(words), .assistant_response = "yes"},
          .id = id};
}

class CommitterTest : public ::testing::Test {
 protected:
  // Before any thread of a store uses them.
  CommitterTest() {
    (void)sqlite3_initialize();
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    vfs->xSetSystemCall(vfs, "pwrite", reinterpret_cast<sqlite3_syscall_ptr>(failing_pwrite));
    vfs->xSetSystemCall(vfs, "pwrite64", reinterpret_cast<sqlite3_syscall_ptr>(failing_pwrite));
  }
  ~CommitterTest() override { stop_failing(); }

  Store open(OpenOptions options = {}) {
    auto store = Store::open(path_, options);
    EXPECT_TRUE(store) << (store ? "" : store.error().message);
    return std::move(*store);
  }

  // From the n-th write on every write of SQLite's fails.
  static void fail_writes(int after, int error) {
    write_error.store(error);
    writes_until_failure.store(after);
  }
  static void stop_failing() {
    failing_syncs.store(0);
    writes_until_failure.store(-1);
  }

  base::TemporaryFolder folder_;
  std::string path_ = folder_ / "memory.db";
};

// The gate's lock in another hand, as a stopped process would have it.
class HeldGate {
 public:
  explicit HeldGate(const std::string& path) : file_(::open((path + "-gate").c_str(), O_RDWR | O_CLOEXEC)) {
    EXPECT_EQ(flock(file_, LOCK_EX), 0);
  }
  ~HeldGate() { close(file_); }
  HeldGate(const HeldGate&) = delete;
  HeldGate& operator=(const HeldGate&) = delete;

 private:
  int file_;
};

TEST_F(CommitterTest, ManyThreadsLoseNothingAndDoubleNothing) {
  Store store = open();
  constexpr int kThreads = 16;
  constexpr int kTurns = 50;
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < kTurns; ++n) {
        if (!store.commit(turn(fmt::format("user {}", i % 3), fmt::format("{} {}", i, n)))) failures.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures.load(), 0);
  std::set<std::string> words;
  for (int user = 0; user < 3; ++user) {
    std::uint64_t since = 0;
    for (;;) {
      const auto page = store.changes(fmt::format("user {}", user), since, 1000);
      ASSERT_TRUE(page);
      for (const Change& change : page->items) {
        EXPECT_EQ(change.rev, ++since);
        EXPECT_TRUE(words.insert(std::get<AppendTurn>(change.operation.payload).user_input).second);
      }
      if (!page->next) break;
    }
  }
  EXPECT_EQ(words.size(), std::size_t{kThreads * kTurns});
  EXPECT_TRUE(store.verify()->problems.empty());
}

TEST_F(CommitterTest, AddingFromManyThreadsLosesNoUpdate) {
  Store store = open();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 25; ++n) {
        EXPECT_TRUE(
            store.commit(Operation{.user = "cj", .payload = AdjustDimension{.name = "test", .delta = 1.0 / 512}}));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto personality = store.personality("cj");
  ASSERT_TRUE(personality);
  for (const Dimension& dimension : personality->value) {
    if (dimension.name != "test") continue;
    EXPECT_EQ(dimension.version, 200U);
    EXPECT_DOUBLE_EQ(std::get<double>(dimension.value), 0.5 + 200.0 / 512);
  }
}

// What one store remembers of a user's chain does not hold when the other has gone on with it.
TEST_F(CommitterTest, TwoStoresTakeTurnsInOneUsersChain) {
  Store first = open();
  Store second = open();
  for (std::uint64_t rev = 1; rev <= 40; ++rev) {
    // Two in a row now and then, so that each store sometimes goes on from its own commit.
    Store& store = (rev / 2) % 2 == 0 ? first : second;
    const auto stored = store.commit(turn("cj", fmt::format("{}", rev)));
    ASSERT_TRUE(stored) << stored.error().message;
    EXPECT_EQ(stored->rev, rev);
  }
  EXPECT_TRUE(first.verify()->problems.empty());
}

// A process goes on inside the gate while its own callers have more to commit, but not for long when others wait.
TEST_F(CommitterTest, ATurnEndsHoweverMuchTheProcessHasToCommit) {
  Store store = open();
  ASSERT_TRUE(store.commit(turn("cj", "before")));
  const auto paths = base::prepare_paths(path_, false);
  ASSERT_TRUE(paths);
  const auto page = store::GatePage::open(*paths, false);
  ASSERT_TRUE(page);
  const auto gate = store::Gate::open(*paths, **page);
  ASSERT_TRUE(gate);

  std::atomic<bool> is_over{false};
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      while (!is_over.load()) {
        if (!store.commit(turn(fmt::format("user {}", i), "more"))) refused.fetch_add(1);
      }
    });
  }
  for (int entry = 0; entry < 20; ++entry) {
    const auto give_up = Clock::now() + std::chrono::seconds(2);
    const bool is_inside = (*gate)->enter([&] { return Clock::now() < give_up; });
    EXPECT_TRUE(is_inside) << "entry " << entry;
    if (!is_inside) break;
    (*gate)->leave();
  }
  is_over.store(true);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused.load(), 0);
}

TEST_F(CommitterTest, ADeadlineWithdrawsWhatWaitsAndTheRetryIsStoredOnce) {
  Store store = open();
  ASSERT_TRUE(store.commit(turn("cj", "before")));
  const OperationId id = OperationId::make();
  {
    const HeldGate held(path_);
    const auto begin = Clock::now();
    const auto refused = store.commit(turn("cj", "late", id), milliseconds(200));
    const auto waited = Clock::now() - begin;
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kDeadlineExceeded);
    EXPECT_GE(waited, milliseconds(200));
    EXPECT_LT(waited, milliseconds(1000));
    EXPECT_EQ(store.last_turns("cj")->items.size(), 1U) << "readers go on, and it is not applied";
  }
  const auto stored = store.commit(turn("cj", "late", id));
  ASSERT_TRUE(stored);
  EXPECT_FALSE(stored->is_already_stored);
  EXPECT_TRUE(store.commit(turn("cj", "late", id))->is_already_stored);
  EXPECT_EQ(store.last_turns("cj")->items.size(), 2U);
}

TEST_F(CommitterTest, AFullQueueRefusesAndForgetsNothing) {
  Store store = open({.queue_requests_max = 4});
  ASSERT_TRUE(store.commit(turn("cj", "before")));
  std::atomic<int> overloaded{0};
  std::atomic<int> stored{0};
  std::vector<std::thread> threads;
  {
    const HeldGate held(path_);
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const auto outcome = store.commit(turn("cj", fmt::format("{}", i)));
        if (outcome) stored.fetch_add(1);
        if (!outcome && outcome.error().code == ErrorCode::kOverloaded) overloaded.fetch_add(1);
      });
    }
    const auto give_up = Clock::now() + std::chrono::seconds(20);
    while (overloaded.load() < 4 && Clock::now() < give_up) std::this_thread::yield();
    EXPECT_EQ(overloaded.load(), 4);
    EXPECT_EQ(stored.load(), 0);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stored.load(), 4);
  EXPECT_EQ(store.last_turns("cj")->items.size(), 5U);
}

TEST_F(CommitterTest, ClosingStoresWhatWaitsIfThereIsTime) {
  Store store = open();
  ASSERT_TRUE(store.commit(turn("cj", "before")));
  std::optional<Result<Outcome>> outcome;
  std::thread writer;
  {
    const HeldGate held(path_);
    writer = std::thread([&] { outcome = store.commit(turn("cj", "waiting")); });
    const auto page = store.diagnose();
    const auto give_up = Clock::now() + std::chrono::seconds(20);
    const auto is_waiting = [&] { return store.diagnose()->participants.at(0).is_waiting_for_gate; };
    while (!is_waiting() && Clock::now() < give_up) std::this_thread::yield();
  }
  store.close(std::chrono::seconds(20));
  writer.join();
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->rev, 2U);
  EXPECT_EQ(store.commit(turn("cj", "after")).error().code, ErrorCode::kClosed);
  EXPECT_EQ(store.last_turns("cj").error().code, ErrorCode::kClosed);
}

TEST_F(CommitterTest, ClosingRefusesWhatStillWaitsAtItsDeadline) {
  Store store = open();
  ASSERT_TRUE(store.commit(turn("cj", "before")));
  std::optional<Result<Outcome>> outcome;
  const HeldGate held(path_);
  std::thread writer([&] { outcome = store.commit(turn("cj", "waiting")); });
  const auto give_up = Clock::now() + std::chrono::seconds(20);
  while (!store.diagnose()->participants.at(0).is_waiting_for_gate && Clock::now() < give_up) std::this_thread::yield();
  store.close(milliseconds(50));
  writer.join();
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_EQ((*outcome).error().code, ErrorCode::kClosed);
}

TEST_F(CommitterTest, ADiskThatIsFullRefusesAndWritingResumesByItself) {
  Store store = open();
  ASSERT_TRUE(store.commit(turn("cj", "before")));
  const OperationId id = OperationId::make();
  fail_writes(0, ENOSPC);
  const auto refused = store.commit(turn("cj", "no room", id));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kStorageFailed);
  EXPECT_EQ(store.last_turns("cj")->items.size(), 1U);
  stop_failing();
  const auto stored = store.commit(turn("cj", "no room", id));
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_FALSE(stored->is_already_stored) << "what was refused was certainly not applied";
  EXPECT_EQ(stored->rev, 2U);
}

TEST_F(CommitterTest, AfterAFailedSyncTheOutcomeIsUnknownAndNothingIsWrittenAnyMore) {
  const OperationId id = OperationId::make();
  {
    Store store = open();
    ASSERT_TRUE(store.commit(turn("cj", "before")));
    failing_syncs.store(1);
    const auto unknown = store.commit(turn("cj", "half way", id));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::kUnknown);
    EXPECT_EQ(failing_syncs.load(), 0);
    const auto refused = store.commit(turn("cj", "after"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kStorageFailed);
    EXPECT_EQ(refused.error().field, "writing_is_off");
    EXPECT_TRUE(store.last_turns("cj")) << "reading goes on";
  }
  Store again = open();
  ASSERT_TRUE(again.commit(turn("cj", "half way", id)));
  const auto turns = again.last_turns("cj");
  ASSERT_TRUE(turns);
  EXPECT_EQ(turns->items.size(), 2U) << "once, whether it had been there or not";
  EXPECT_TRUE(again.verify()->problems.empty());
}

TEST_F(CommitterTest, AnInputOutputErrorInTheCommitIsUnknown) {
  Store store = open();
  ASSERT_TRUE(store.commit(turn("cj", "before")));
  fail_writes(0, EIO);
  const auto unknown = store.commit(turn("cj", "half way"));
  stop_failing();
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kUnknown);
}

// A group in which the same operation comes twice: the second sees the row of the first, inside the transaction. When
// the transaction is gone, "already stored" must be gone with it.
TEST_F(CommitterTest, ARetryInTheSameFailedGroupIsNotAcknowledged) {
  Store store = open();
  ASSERT_TRUE(store.commit(turn("cj", "before")));
  const OperationId id = OperationId::make();
  std::vector<std::thread> threads;
  std::atomic<int> acknowledged{0};
  {
    const HeldGate held(path_);
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        if (store.commit(turn("cj", "twice", id))) acknowledged.fetch_add(1);
      });
    }
    // Both wait when nobody else can come in before the gate opens: the queue is first in, first out.
    const auto give_up = Clock::now() + std::chrono::seconds(20);
    while (!store.diagnose()->participants.at(0).is_waiting_for_gate && Clock::now() < give_up)
      std::this_thread::yield();
    fail_writes(0, ENOSPC);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(acknowledged.load(), 0);
  stop_failing();
  EXPECT_EQ(store.last_turns("cj")->items.size(), 1U);
}

// SQLite drops the whole transaction when the disk is full: neighbours must not be acknowledged by mistake, and each
// must be stored if it fits alone.
TEST_F(CommitterTest, WhenATransactionIsGoneEachNeighbourIsStoredOrRefusedByItself) {
  Store store = open();
  ASSERT_TRUE(store.commit(turn("cj", "before")));
  for (int writes = 0; writes < 12; ++writes) {
    std::vector<std::thread> threads;
    std::atomic<int> acknowledged{0};
    const std::size_t before = store.changes("cj", 0, 1000)->items.size();
    {
      const HeldGate held(path_);
      for (int i = 0; i < 6; ++i) {
        threads.emplace_back([&] {
          if (store.commit(turn("cj", std::string(9000, 'x')))) acknowledged.fetch_add(1);
        });
      }
      const auto give_up = Clock::now() + std::chrono::seconds(20);
      while (!store.diagnose()->participants.at(0).is_waiting_for_gate && Clock::now() < give_up)
        std::this_thread::yield();
      fail_writes(writes, ENOSPC);
    }
    for (std::thread& thread : threads) thread.join();
    stop_failing();
    EXPECT_EQ(store.changes("cj", 0, 1000)->items.size() - before, static_cast<std::size_t>(acknowledged.load()));
  }
  EXPECT_TRUE(store.verify()->problems.empty());
}

TEST_F(CommitterTest, AStoreWhoseLogWasDeletedIsNotWrittenAnyMore) {
  Store store = open();
  ASSERT_TRUE(store.commit(turn("cj", "before")));
  ASSERT_EQ(unlink((path_ + "-wal").c_str()), 0);
  const auto refused = store.commit(turn("cj", "into nothing"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kStorageFailed);
}

TEST_F(CommitterTest, AForeignWriterDelaysButNeverShowsAsLocked) {
  Store store = open();
  ASSERT_TRUE(store.commit(turn("cj", "before")));
  sqlite3* foreign = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &foreign), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(foreign, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto late = store.commit(turn("cj", "late"), milliseconds(300));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kDeadlineExceeded);
  std::thread writer([&] { EXPECT_TRUE(store.commit(turn("cj", "patient"))); });
  ASSERT_EQ(sqlite3_exec(foreign, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  writer.join();
  int no_checkpoint = 1;
  sqlite3_db_config(foreign, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, no_checkpoint, nullptr);
  sqlite3_close(foreign);
  EXPECT_EQ(store.last_turns("cj")->items.size(), 2U);
}

}  // namespace
}  // namespace penny
