// A backup is the store as of one moment, verified, in one file; writers go on, and what is in the way is refused.

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/proof.hpp"
#include "support/raw_database.hpp"
#include "support/small_disk.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

constexpr const char* kLedger = "SELECT seq, user, rev, hex(operation_id), hex(digest) FROM ledger ORDER BY seq";

std::set<std::string> files_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

void fill(Store& store, int big_turns) {
  for (const Operation& operation : one_of_each("cj")) must(store.commit(operation));
  for (int i = 0; i < big_turns; ++i) must(store.commit(a_turn("ada", std::string(100'000, 'x'))));
}

class Backup : public testing::Test {
 protected:
  [[nodiscard]] std::string copy() const { return other_ / "backup.db"; }

  const StoreFolder folder_;
  const StoreFolder other_;
};

TEST_F(Backup, IsTheStoreInOneFile) {
  Store store = folder_.open();
  fill(store, 3);
  const CopyReport report = must(store.backup(copy()));
  EXPECT_EQ(report.path, copy());
  EXPECT_EQ(report.operations, 12U);
  EXPECT_EQ(report.users, 2U);
  EXPECT_EQ(report.bytes, fs::file_size(copy()));
  EXPECT_EQ(files_in(other_.folder()), std::set<std::string>{"backup.db"});
  struct stat status{};
  ASSERT_EQ(stat(copy().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);

  EXPECT_EQ(RawDatabase(copy()).rows(kLedger), RawDatabase(folder_.path()).rows(kLedger));
  const Store copied = must(Store::open(copy()));
  EXPECT_EQ(must(copied.verify()).problems, std::vector<std::string>{});
  EXPECT_EQ(must(copied.last_turns("ada")).items.size(), 3U);
  EXPECT_EQ(must(store.commit(a_turn())).rev, 10U);
}

TEST_F(Backup, OfAStoreThatIsOpenedToReadOnly) {
  {
    Store store = folder_.open();
    fill(store, 1);
  }
  const Store store = must(Store::open(folder_.path(), {.read_only = true}));
  EXPECT_EQ(must(store.backup(copy())).operations, 10U);
  Store writer = folder_.open();
  must(writer.commit(a_turn()));
  EXPECT_EQ(must(store.backup(other_ / "second.db")).operations, 11U);
}

// Threads of two stores and of another process write small and large, so that the log is begun anew again and again, and others
// read. What was acknowledged before is in it, and it ends at one moment: it verifies, and no seq is missing.
TEST_F(Backup, WhileOthersWriteIsTheStateOfOneMoment) {
  Store store = folder_.open();
  fill(store, 300);
  const Store reader = folder_.open();
  StoreUser user(folder_.path());
  user.load(2, "eve", folder_ / "log");
  std::atomic<bool> is_over{false};
  std::atomic<std::uint64_t> worst_us{0};
  std::atomic<std::uint64_t> biggest_log{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      Store writer = folder_.open();
      for (int n = 0; !is_over; ++n) {
        const auto begin = Clock::now();
        must(writer.commit(a_turn("user " + std::to_string(i), std::string(n % 5 == 0 ? 150'000 : 2'000, 'y'))));
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count();
        worst_us = std::max<std::uint64_t>(worst_us, static_cast<std::uint64_t>(took));
      }
    });
  }
  threads.emplace_back([&] {
    while (!is_over) {
      EXPECT_TRUE(reader.last_turns("ada", 20).has_value());
      biggest_log = std::max<std::uint64_t>(biggest_log, fs::file_size(folder_.path() + "-wal"));
    }
  });
  std::uint64_t rounds = 0;
  for (int i = 0; i < 4; ++i) {
    const std::uint64_t before = must(store.statistics()).operations;
    const std::string path = other_ / std::to_string(i);
    const CopyReport report = must(store.backup(path));
    EXPECT_GE(report.operations, before);
    rounds += report.rounds;
    RawDatabase raw(path);
    EXPECT_EQ(raw.text("SELECT count(*) = max(seq) FROM ledger"), "1");
    EXPECT_EQ(raw.text("SELECT count(*) FROM ledger"), std::to_string(report.operations));
    fs::remove(path);
  }
  is_over = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(user.end().refused, 0U);
  EXPECT_GT(rounds, 4U);
  EXPECT_LT(biggest_log, std::uint64_t{64} << 20U);
  EXPECT_LT(worst_us, 2'000'000U);  // the figure is in docs/operations.md; a busy machine takes longer
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST_F(Backup, FollowsCommitsBetweenItsSteps) {
  Store store = folder_.open();
  fill(store, 150);
  Store writer = folder_.open();
  int steps = 0;
  const auto progress = [&](const Progress& now) {
    if (now.stage != Progress::Stage::kCopying || ++steps > 30) return true;
    // New pages, old ones that change, and pages that go; so many that the snapshot is begun anew now and then.
    for (int i = 0; i < 12; ++i) {
      const OperationId fact = OperationId::make();
      must(writer.commit(with_id(operation_of("cj", RememberFact{.text = std::string(100'000, 'f')}), fact)));
      must(writer.commit(operation_of("cj", AdjustDimension{.name = "communication_formality", .delta = 0.01})));
      if (i % 2 == 0) must(writer.commit(operation_of("cj", ForgetFact{.fact = fact})));
    }
    return true;
  };
  const CopyReport report = must(store.backup(copy(), progress));
  EXPECT_GT(steps, 10);
  EXPECT_GT(report.rounds, 1U);
  EXPECT_EQ(RawDatabase(copy()).text("SELECT count(*) = max(seq) FROM ledger"), "1");
}

// The index of the log has its head twice, and a writer may lose the processor between the two.
TEST_F(Backup, WaitsWhileTheHeadOfTheLogsIndexIsHalfWritten) {
  constexpr off_t kOfTheSecondHead = 48 + 8;
  Store store = folder_.open();
  fill(store, 50);
  const int index = open((folder_.path() + "-shm").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(index, 0);
  std::uint8_t byte = 0;
  ASSERT_EQ(pread(index, &byte, 1, kOfTheSecondHead), 1);
  const auto write = [&](std::uint8_t value) { return pwrite(index, &value, 1, kOfTheSecondHead); };
  std::optional<std::jthread> writer;
  const auto result = store.backup(copy(), [&](const Progress& now) {
    if (now.stage == Progress::Stage::kCopying && !writer) {
      EXPECT_EQ(write(byte ^ 1U), 1);
      writer.emplace([&] {
        std::this_thread::sleep_for(milliseconds(100));
        EXPECT_EQ(write(byte), 1);
      });
    }
    return true;
  });
  writer.reset();
  close(index);
  EXPECT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(must(Store::open(copy())).last_turns("ada", 100)->items.size(), 50U);
}

// An erase removes rows, overwrites pages and empties the log, at any moment of the copy.
TEST_F(Backup, WhileUsersAreErasedIsWholeAndWithoutThem) {
  constexpr int kUsers = 6;
  Store store = folder_.open();
  for (int user = 0; user < kUsers; ++user) {
    for (int i = 0; i < 20; ++i)
      must(store.commit(a_turn("user " + std::to_string(user), "canary " + std::string(20'000, 'c'))));
  }
  std::atomic<bool> is_over{false};
  std::thread eraser([&] {
    Store other = folder_.open();
    for (int user = 0; user < kUsers; ++user) {
      EXPECT_EQ(must(other.erase("user " + std::to_string(user))).bytes_found, 0U);
      must(other.commit(a_turn("ada", "stays")));
    }
    is_over = true;
  });
  for (int i = 0; !is_over; ++i) {
    const std::string path = other_ / std::to_string(i);
    must(store.backup(path));
    const Store copied = must(Store::open(path, {.read_only = true}));
    EXPECT_EQ(must(copied.verify()).problems, std::vector<std::string>{});
    fs::remove(path);
  }
  eraser.join();
  must(store.backup(copy()));
  EXPECT_THAT(bytes_of_file(copy()), testing::Not(HasSubstr("canary")));
  EXPECT_EQ(must(must(Store::open(copy())).last_turns("ada", 100)).items.size(), std::size_t{kUsers});
}

TEST_F(Backup, HoldsNothingThatWasForgotten) {
  const std::string secret = "the canary sings at midnight";
  Store store = folder_.open();
  fill(store, 1);
  const OperationId fact = OperationId::make();
  must(store.commit(with_id(operation_of("cj", RememberFact{.text = secret}), fact)));
  must(store.backup(copy()));
  EXPECT_THAT(bytes_of_file(copy()), HasSubstr(secret));
  must(store.commit(operation_of("cj", ForgetFact{.fact = fact})));
  must(store.backup(other_ / "later.db"));
  EXPECT_THAT(bytes_of_file(other_ / "later.db"), testing::Not(HasSubstr(secret)));
}

TEST_F(Backup, RefusesWhatIsInItsWay) {
  Store store = folder_.open();
  fill(store, 1);
  EXPECT_EQ(refusal(store.backup(folder_.path())).code, ErrorCode::kInvalid);
  EXPECT_EQ(refusal(store.backup("")).code, ErrorCode::kInvalid);
  must(store.backup(copy()));
  const std::string first = bytes_of_file(copy());
  must(store.commit(a_turn()));
  EXPECT_EQ(refusal(store.backup(copy())).code, ErrorCode::kInvalid);
  EXPECT_EQ(bytes_of_file(copy()), first);
  for (const char* part : {"-wal", "-shm", "-search", "-copy"})
    EXPECT_EQ(refusal(store.backup(folder_.path() + part)).code, ErrorCode::kInvalid) << part;
  write_file(other_ / "lonely.db-wal", "a log whose database is lost");
  EXPECT_EQ(refusal(store.backup(other_ / "lonely.db")).code, ErrorCode::kInvalid);
}

// A file that comes while the copy is made: nothing takes its place either.
TEST_F(Backup, NeverTakesTheNameOfAFileThatCameMeanwhile) {
  Store store = folder_.open();
  fill(store, 1);
  const auto came = [&](const Progress& now) {
    if (now.stage == Progress::Stage::kVerifying) write_file(copy(), "somebody's");
    return true;
  };
  EXPECT_EQ(refusal(store.backup(copy(), came)).code, ErrorCode::kInvalid);
  EXPECT_EQ(bytes_of_file(copy()), "somebody's");
  EXPECT_EQ(files_in(other_.folder()), std::set<std::string>{"backup.db"});
}

TEST_F(Backup, OfTwoToOnePlaceOneIsMade) {
  Store store = folder_.open();
  fill(store, 50);
  std::optional<Error> second;
  const auto again = [&](const Progress&) {
    if (!second) second = refusal(store.backup(copy()));
    return true;
  };
  const CopyReport report = must(store.backup(copy(), again));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->code, ErrorCode::kConflict);
  EXPECT_EQ(report.operations, 59U);
  EXPECT_EQ(must(must(Store::open(copy())).verify()).problems, std::vector<std::string>{});
}

#ifdef PENNY_PROOF

const char* point_of_death = "";

void die_at_the_point(const char* point) {
  if (std::string_view(point) == point_of_death) (void)raise(SIGKILL);
}

TEST_F(Backup, KilledAtEachMarkedPointIsWholeOrNotThere) {
  {
    Store store = folder_.open();
    fill(store, 30);
  }
  for (const char* point : {"backup.between_steps", "copy.copied", "copy.before_rename", "copy.renamed"}) {
    const pid_t child = fork();
    if (child == 0) {
      point_of_death = point;
      base::proof::set_point_hook(die_at_the_point);
      const auto store = Store::open(folder_.path());
      if (store) (void)store->backup(copy());
      _exit(1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << point << " was not reached";
    const bool is_made = fs::exists(copy());
    EXPECT_EQ(is_made, point == std::string("copy.renamed")) << point;
    // What was left is in nobody's way.
    if (!is_made) must(folder_.open().backup(copy()));
    EXPECT_EQ(files_in(other_.folder()), std::set<std::string>{"backup.db"}) << point;
    EXPECT_EQ(must(must(Store::open(copy(), {.read_only = true})).verify()).operations, 39U);
    fs::remove(copy());
  }
}

#endif

TEST_F(Backup, ThatIsStoppedLeavesNothing) {
  Store store = folder_.open();
  fill(store, 100);
  for (const auto stage : {Progress::Stage::kCopying, Progress::Stage::kVerifying}) {
    const auto stopped = store.backup(copy(), [&](const Progress& now) { return now.stage != stage; });
    EXPECT_EQ(refusal(stopped).code, ErrorCode::kStopped);
    EXPECT_TRUE(files_in(other_.folder()).empty());
  }
  EXPECT_EQ(must(store.commit(a_turn())).rev, 10U);
}

TEST_F(Backup, ThatDoesNotFitIsRefusedAndLeavesNothing) {
  const SmallDisk disk(folder_ / "disk", 1024);
  if (!disk.is_mounted()) GTEST_SKIP() << "no file system can be mounted here: " << disk.why_not();
  Store store = folder_.open();
  fill(store, 20);
  EXPECT_EQ(refusal(store.backup(disk / "backup.db")).code, ErrorCode::kNoSpace);
  EXPECT_FALSE(fs::exists(disk / "backup.db"));
  EXPECT_FALSE(fs::exists(disk / "backup.db-copy"));
}

TEST_F(Backup, OfADamagedStoreIsRefused) {
  {
    Store store = folder_.open();
    fill(store, 1);
  }
  RawDatabase(folder_.path()).run("UPDATE ledger SET user_input = 'changed' WHERE seq = 10");
  const Store store = folder_.open();
  const Error error = refusal(store.backup(copy()));
  EXPECT_EQ(error.code, ErrorCode::kDamaged);
  EXPECT_THAT(error.message, HasSubstr("not the one that was acknowledged"));
  EXPECT_TRUE(files_in(other_.folder()).empty());
}

}  // namespace
}  // namespace penny::test
