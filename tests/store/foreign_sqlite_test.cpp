// Other copies of SQLite use the same file: the system's library beside ours in one process, Python's module and the
// program sqlite3 in others. Nothing that was acknowledged may be lost, and there is never a second writer. The same
// with the lock override taken out must go wrong, or these tests would see nothing.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/acknowledgements.hpp"
#include "support/child_process.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

// 0: not there.
ino_t inode_of(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

std::string output_of(std::vector<std::string> arguments) {
  ChildProcess program(std::move(arguments));
  std::string said = program.rest();
  EXPECT_EQ(program.wait(), 0);
  while (!said.empty() && said.back() == '\n') said.pop_back();
  return said;
}

std::string sqlite3_program(const std::string& store, const std::string& sql) {
  return output_of({"sqlite3", store, sql});
}

// Reads at random moments until its input ends; then says how often.
constexpr const char* kPython = R"(
import random, select, sqlite3, sys, time
reads = 0
while not select.select([sys.stdin], [], [], random.random() / 200)[0]:
    connection = sqlite3.connect(sys.argv[1])
    connection.execute("SELECT count(*) FROM conversations").fetchone()
    connection.close()
    reads += 1
print(sqlite3.sqlite_version, reads)
)";

// What another process is told that wants to write while this one writes, after the other copy has read and closed.
std::string second_writer(bool has_posix_locks) {
  const StoreFolder folder;
  (void)folder.open();
  StoreUser one(folder.path(), false, has_posix_locks);
  StoreUser other(folder.path(), false, has_posix_locks);
  EXPECT_EQ(one.ask("begin"), "begun");
  EXPECT_EQ(other.ask("begin"), "busy");
  EXPECT_EQ(one.ask("foreign_once"), "foreign 3.40.1 0");
  std::string said = other.ask("begin");
  EXPECT_EQ(one.ask("rollback"), "rolled_back");
  return said;
}

TEST(ForeignSqlite, ASecondWriterIsRefusedAfterAnotherCopyClosedTheFile) { EXPECT_EQ(second_writer(false), "busy"); }

TEST(ForeignSqlite, WithoutTheOverrideASecondWriterIsAdmitted) { EXPECT_EQ(second_writer(true), "begun"); }

// Whether the log is still the same file after the other copy closed the idle store.
bool is_log_kept(bool has_posix_locks) {
  const StoreFolder folder;
  StoreUser user(folder.path(), true, has_posix_locks);
  EXPECT_EQ(user.commit("cj", OperationId::make().to_string()).outcome, "stored");
  const ino_t before = inode_of(folder.path() + "-wal");
  EXPECT_NE(before, 0U);
  EXPECT_EQ(user.ask("foreign_once"), "foreign 3.40.1 1");
  return inode_of(folder.path() + "-wal") == before;
}

TEST(ForeignSqlite, TheLogOfAnIdleStoreStaysWhenAnotherCopyClosesIt) { EXPECT_TRUE(is_log_kept(false)); }

TEST(ForeignSqlite, WithoutTheOverrideTheLogIsDeleted) { EXPECT_FALSE(is_log_kept(true)); }

struct Beside {
  Account account;
  std::uint64_t refused = 0;
  std::uint64_t foreign_reads = 0;
  std::uint64_t python_reads = 0;
  int log_changes = 0;
  int deaths = 0;
  std::vector<std::string> said;

  [[nodiscard]] bool is_damaged() const {
    return account.lost > 0 || account.repeated > 0 || !account.problems.empty() || refused > 0 || log_changes > 0 ||
           deaths > 0;
  }
};

// Three processes write, each beside another copy of SQLite, and Python reads from a fourth.
Beside write_beside_other_copies(bool has_posix_locks, milliseconds duration) {
  const StoreFolder folder;
  (void)folder.open();
  const std::string log = folder / "acknowledged";
  Beside result;
  {
    std::vector<StoreUser> users;
    for (int i = 0; i < 3; ++i) users.emplace_back(folder.path(), true, has_posix_locks);
    for (StoreUser& user : users) user.load(3, "cj", log);
    for (StoreUser& user : users) EXPECT_EQ(user.ask("foreign"), "foreign 3.40.1");
    ChildProcess python({"python3", "-c", kPython, folder.path()});

    ino_t inode = inode_of(folder.path() + "-wal");
    const auto until_when = Clock::now() + duration;
    while (Clock::now() < until_when && !(has_posix_locks && result.log_changes > 0)) {
      const ino_t now = inode_of(folder.path() + "-wal");
      if (now != inode) result.log_changes += 1;
      inode = now;
      std::this_thread::sleep_for(milliseconds(2));
    }
    python.close_input();
    for (StoreUser& user : users) {
      try {
        const auto ended = user.end();
        result.refused += ended.refused;
        result.foreign_reads += ended.foreign_reads;
        result.said.push_back(ended.said);
      } catch (const std::runtime_error& died) {  // of shared memory that was cut under it
        result.deaths += 1;
        result.said.emplace_back(died.what());
      }
    }
    const auto said = words(python.rest());
    if (said.size() == 2) result.python_reads = std::stoull(said[1]);
    (void)python.wait();
  }
  result.account = account(folder.path(), log);
  return result;
}

TEST(ForeignSqlite, NothingIsLostWhileOtherCopiesOpenReadAndClose) {
  const bool is_long = std::getenv("PENNY_LONG") != nullptr;
  const Beside result = write_beside_other_copies(false, is_long ? seconds(60) : seconds(8));
  EXPECT_GT(result.account.acknowledged, 100U);
  EXPECT_GT(result.foreign_reads, 100U);
  EXPECT_GT(result.python_reads, 10U);
  EXPECT_EQ(result.account.lost, 0U);
  EXPECT_EQ(result.account.repeated, 0U);
  EXPECT_EQ(result.account.problems, std::vector<std::string>());
  EXPECT_EQ(result.refused, 0U) << ::testing::PrintToString(result.said);
  EXPECT_EQ(result.log_changes, 0);
  EXPECT_EQ(result.deaths, 0) << ::testing::PrintToString(result.said);
  RecordProperty("acknowledged", std::to_string(result.account.acknowledged));
  RecordProperty("foreign_reads", std::to_string(result.foreign_reads));
  RecordProperty("python_reads", std::to_string(result.python_reads));
}

TEST(ForeignSqlite, WithoutTheOverrideTheSameDoesDamage) {
  EXPECT_TRUE(write_beside_other_copies(true, seconds(8)).is_damaged());
}

TEST(ForeignSqlite, TheProgramSqlite3ReadsAStoreThatIsOpenAndOneThatIsNot) {
  const StoreFolder folder;
  {
    Store store = folder.open();
    for (int i = 0; i < 5; ++i) (void)must(store.commit(a_turn()));
    EXPECT_EQ(sqlite3_program(folder.path(), "PRAGMA journal_mode"), "wal");
    EXPECT_EQ(sqlite3_program(folder.path(), "SELECT count(*) FROM conversations"), "5");
    (void)must(store.commit(a_turn()));
    EXPECT_EQ(sqlite3_program(folder.path(), "SELECT count(*) FROM conversations"), "6");
  }
  EXPECT_EQ(sqlite3_program(folder.path(), "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(sqlite3_program(folder.path(), "SELECT count(*) FROM conversations"), "6");
  EXPECT_EQ(must(folder.open().last_turns("cj")).items.size(), 6U);
}

TEST(ForeignSqlite, TheProgramMayEmptyTheLogWhileAnOpenStoreHasNoConnection) {
  const StoreFolder folder;
  Store store = folder.open();
  const ino_t before = inode_of(folder.path() + "-wal");
  EXPECT_EQ(sqlite3_program(folder.path(), "SELECT count(*) FROM conversations"), "0");
  ASSERT_NE(inode_of(folder.path() + "-wal"), before);  // else this test shows nothing
  EXPECT_EQ(must(store.commit(a_turn())).rev, 1U);
  EXPECT_EQ(sqlite3_program(folder.path(), "SELECT count(*) FROM conversations"), "1");
  EXPECT_TRUE(must(store.verify()).problems.empty());
}

}  // namespace
}  // namespace penny::test
