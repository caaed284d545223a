// A store that is opened to read only: everything can be read where nothing can be written, and nothing is made or changed.

#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/forked.hpp"
#include "support/raw_database.hpp"
#include "support/small_disk.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"
#include "test_paths.hpp"

namespace penny::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

Result<Store> open_to_read(const std::string& path) { return Store::open(path, {.read_only = true}); }

void fill(Store& store) {
  for (const Operation& operation : one_of_each("cj")) must(store.commit(operation));
  for (int i = 0; i < 5; ++i) must(store.commit(a_turn("cj", "turn " + std::to_string(i))));
}
constexpr std::size_t kTurns = 6;
constexpr std::uint64_t kOperations = 14;

// All files of a folder with what they hold.
std::map<std::string, std::string> contents_of(const std::string& folder) {
  std::map<std::string, std::string> contents;
  for (const auto& entry : fs::directory_iterator(folder))
    contents[entry.path().filename().string()] = bytes_of_file(entry.path().string());
  return contents;
}

// The same but for the page that processes share while they run: a reader has its place there.
std::map<std::string, std::string> lasting_contents_of(const std::string& folder) {
  auto contents = contents_of(folder);
  contents.erase("memory.db-gate");
  return contents;
}

// Asks everything once.
void expect_readable(Store& store, std::size_t turns = kTurns, std::uint64_t operations = kOperations) {
  EXPECT_EQ(must(store.last_turns("cj", 100)).items.size(), turns);
  EXPECT_EQ(must(store.all_changes(0, 1000)).items.size(), operations);
  EXPECT_FALSE(must(store.sessions("cj")).items.empty());
  EXPECT_FALSE(must(store.preferences("cj")).items.empty());
  EXPECT_FALSE(must(store.personality("cj")).value.empty());
  EXPECT_FALSE(must(store.evolution("cj")).items.empty());
  (void)must(store.facts("cj"));
  EXPECT_EQ(must(store.statistics()).operations, operations);
  EXPECT_FALSE(must(store.prompt_context("cj")).value.empty());
  EXPECT_TRUE(must(store.last_turns("nobody")).items.empty());
  const VerifyReport report = must(store.verify());
  EXPECT_EQ(report.problems, std::vector<std::string>{});
  EXPECT_EQ(report.operations, operations);
  for (const ConnectionSettings& one : must(store.diagnose()).connections) EXPECT_TRUE(one.is_read_only);
}

void expect_refuses_to_write(Store& store) {
  const Error error = refusal(store.commit(a_turn()));
  EXPECT_EQ(error.code, ErrorCode::kReadOnly);
  EXPECT_THAT(error.advice, HasSubstr("--read-only"));
}

class ReadOnly : public testing::Test {
 protected:
  const StoreFolder folder_;
};

TEST_F(ReadOnly, ReadsWhatOnlyTheLogHoldsAndMakesNothing) {
  {
    Store store = folder_.open();
    fill(store);
  }
  ASSERT_GT(fs::file_size(folder_.path() + "-wal"), 0U);
  for (const char* suffix : {"-shm", "-gate", "-bell"}) fs::remove(folder_.path() + suffix);
  const auto before = contents_of(folder_.folder());
  {
    Store store = must(open_to_read(folder_.path()));
    expect_readable(store);
    expect_refuses_to_write(store);
    EXPECT_EQ(contents_of(folder_.folder()), before);
  }
  EXPECT_EQ(contents_of(folder_.folder()), before);
}

TEST_F(ReadOnly, ReadsACopyWithoutALog) {
  {
    Store store = folder_.open();
    fill(store);
  }
  RawDatabase(folder_.path()).run("PRAGMA wal_checkpoint(TRUNCATE)");
  const StoreFolder other;
  fs::copy_file(folder_.path(), other.path());
  const auto before = contents_of(other.folder());
  Store store = must(open_to_read(other.path()));
  expect_readable(store);
  EXPECT_EQ(contents_of(other.folder()), before);
}

TEST_F(ReadOnly, OnADiskThatIsMountedReadOnly) {
  const SmallDisk disk(folder_ / "disk", 4096);
  if (!disk.is_mounted()) GTEST_SKIP() << "no file system can be mounted here: " << disk.why_not();
  {
    Store store = must(Store::open(disk / "memory.db"));
    fill(store);
  }
  for (const bool has_all_files : {true, false}) {
    if (!has_all_files) {
      ASSERT_TRUE(disk.set_read_only(false));
      for (const char* suffix : {"-shm", "-gate", "-bell"}) fs::remove(disk / "memory.db" + suffix);
    }
    ASSERT_TRUE(disk.set_read_only(true));
    EXPECT_EQ(refusal(Store::open(disk / "memory.db")).code, ErrorCode::kNoPermission);
    Store store = must(open_to_read(disk / "memory.db"));
    expect_readable(store);
    expect_refuses_to_write(store);
  }
}

TEST_F(ReadOnly, OnAFullDisk) {
  const SmallDisk disk(folder_ / "disk", 4096);
  if (!disk.is_mounted()) GTEST_SKIP() << "no file system can be mounted here: " << disk.why_not();
  {
    Store store = must(Store::open(disk / "memory.db"));
    fill(store);
  }
  for (const char* suffix : {"-shm", "-gate", "-bell"}) fs::remove(disk / "memory.db" + suffix);
  disk.fill();
  EXPECT_EQ(refusal(Store::open(disk / "memory.db")).code, ErrorCode::kNoSpace);
  Store store = must(open_to_read(disk / "memory.db"));
  expect_readable(store);
}

TEST_F(ReadOnly, InAFolderOfAnotherUserThatIsNotOursToWrite) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  {
    Store store = folder_.open();
    fill(store);
  }
  ASSERT_EQ(chmod(folder_.folder().c_str(), 0755), 0);
  for (const char* suffix : {"", "-wal", "-shm", "-gate", "-bell"})
    ASSERT_EQ(chmod((folder_.path() + suffix).c_str(), 0644), 0);
  const auto as_another_user = [&] {
    return base::in_forked_child([&]() -> std::string {
      constexpr uid_t kNobody = 65534;
      if (setgid(kNobody) != 0 || setuid(kNobody) != 0) return "cannot become another user";
      const auto store = open_to_read(folder_.path());
      if (!store) return std::string(to_string(store.error().code)) + ": " + store.error().advice;
      const auto turns = store->last_turns("cj", 100);
      return turns ? std::to_string(turns->items.size()) : std::string(to_string(turns.error().code));
    });
  };
  EXPECT_EQ(as_another_user(), std::to_string(kTurns));
  // Beside a writer its shared memory is needed, which is not ours.
  StoreUser writer(folder_.path());
  (void)writer.commit("cj", OperationId::make().to_string());
  EXPECT_THAT(as_another_user(), HasSubstr("no_permission"));
}

TEST_F(ReadOnly, BesideWritersSeesWhatIsAcknowledged) {
  Store writer = folder_.open();
  fill(writer);
  Store store = must(open_to_read(folder_.path()));
  expect_readable(store);
  std::size_t turns = kTurns;
  for (int i = 0; i < 200; ++i) {
    must(writer.commit(a_turn("cj")));
    ASSERT_EQ(must(store.last_turns("cj", 1000)).items.size(), ++turns);
  }
  EXPECT_EQ(must(writer.verify()).problems, std::vector<std::string>{});
}

// Writers come and go: each read sees all that was acknowledged before it, whether or not somebody has the store open.
TEST_F(ReadOnly, WhileWritersComeAndGoSeesWhatIsAcknowledged) {
  {
    Store store = folder_.open();
    fill(store);
  }
  Store store = must(open_to_read(folder_.path()));
  std::atomic<std::uint64_t> acknowledged{kOperations};
  std::atomic<bool> is_over{false};
  std::atomic<std::uint64_t> reads{0};
  std::thread reader([&] {
    while (!is_over) {
      const std::uint64_t least = acknowledged;
      const auto turns = store.last_turns("cj", 1000);
      if (!turns) {
        EXPECT_EQ(turns.error().code, ErrorCode::kSnapshotExpired) << turns.error().message;
        continue;
      }
      EXPECT_GE(turns->rev, least);
      EXPECT_EQ(turns->items.size(), std::min<std::size_t>(turns->rev - (kOperations - kTurns), 1000));
      reads += 1;
    }
  });
  for (int i = 0; i < 60; ++i) {
    StoreUser user(folder_.path());
    for (int n = 0; n < 3; ++n) acknowledged = user.commit("cj", OperationId::make().to_string()).rev;
    user.kill();
  }
  is_over = true;
  reader.join();
  EXPECT_GT(reads, 10U);
  EXPECT_EQ(must(store.last_turns("cj")).rev, acknowledged);
  EXPECT_EQ(must(folder_.open().verify()).problems, std::vector<std::string>{});
}

TEST_F(ReadOnly, WithADamagedIndexReadsWhatDoesNotNeedIt) {
  {
    Store store = folder_.open();
    fill(store);
  }
  std::size_t page = 0;
  {
    RawDatabase raw(folder_.path());
    page = std::stoul(raw.text("SELECT rootpage FROM sqlite_schema WHERE name = 'sessions_first'"));
    raw.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  std::string bytes = bytes_of_file(folder_.path());
  bytes.replace((page - 1) * 4096, 100, 100, '\xa5');
  write_file(folder_.path(), bytes);
  Store store = must(open_to_read(folder_.path()));
  EXPECT_EQ(must(store.last_turns("cj", 100)).items.size(), kTurns);
  EXPECT_EQ(must(store.all_changes(0, 100)).items.size(), kOperations);
  EXPECT_EQ(refusal(store.sessions("cj")).code, ErrorCode::kDamaged);
  EXPECT_FALSE(must(store.verify()).problems.empty());
}

TEST_F(ReadOnly, TellsALostTail) {
  {
    Store store = folder_.open();
    fill(store);
  }
  fs::remove(folder_.path() + "-shm");
  fs::remove(folder_.path() + "-wal");
  EXPECT_EQ(refusal(open_to_read(folder_.path())).code, ErrorCode::kDamaged);
}

TEST_F(ReadOnly, OpensANewerSchemaAsFarAsItUnderstandsIt) {
  {
    Store store = folder_.open();
    fill(store);
  }
  RawDatabase(folder_.path()).run("PRAGMA user_version = 5; UPDATE ledger SET kind = 99 WHERE rev = 9");
  const Error refused = refusal(Store::open(folder_.path()));
  EXPECT_EQ(refused.code, ErrorCode::kNewerSchema);
  EXPECT_THAT(refused.advice, HasSubstr("--read-only"));
  Store store = must(open_to_read(folder_.path()));
  EXPECT_EQ(must(store.last_turns("cj", 100)).items.size(), kTurns);
  EXPECT_EQ(refusal(store.changes("cj")).code, ErrorCode::kNewerSchema);
  expect_refuses_to_write(store);
}

TEST_F(ReadOnly, OpensAnOlderSchemaWithoutUpgradingIt) {
  for (const char* suffix : {"", "-wal"})
    fs::copy_file(PENNY_TEST_DATA "/schema-1.db" + std::string(suffix), folder_.path() + suffix);
  const auto before = contents_of(folder_.folder());
  Store store = must(open_to_read(folder_.path()));
  EXPECT_EQ(must(store.diagnose()).schema_version, 1U);
  expect_readable(store, 3, 98);
  EXPECT_EQ(contents_of(folder_.folder()), before);
}

// With the index that is there, or without one; it is neither made nor brought up to date.
TEST_F(ReadOnly, SearchesWithoutTouchingTheIndex) {
  for (const bool has_index : {false, true}) {
    {
      Store store = folder_.open();
      must(store.commit(a_turn("cj", "the red fox")));
      if (has_index) {
        EXPECT_TRUE(must(store.wait_for_search_index(std::chrono::seconds(20))));
      }
      must(store.commit(a_turn("cj", "another fox")));
    }
    const auto before = lasting_contents_of(folder_.folder());
    EXPECT_EQ(before.contains("memory.db-search"), has_index);
    const Store store = must(open_to_read(folder_.path()));
    EXPECT_EQ(must(store.search("cj", {.words = "fox"})).items.size(), has_index ? 4U : 2U);
    EXPECT_EQ(lasting_contents_of(folder_.folder()), before);
  }
}

// Every call that would write something.
TEST_F(ReadOnly, RefusesEveryKindOfWriting) {
  {
    Store store = folder_.open();
    fill(store);
  }
  const auto before = lasting_contents_of(folder_.folder());
  Store store = must(open_to_read(folder_.path()));
  for (const Operation& operation : one_of_each("eve"))
    EXPECT_EQ(refusal(store.commit(operation)).code, ErrorCode::kReadOnly);
  EXPECT_EQ(refusal(store.erase("cj")).code, ErrorCode::kReadOnly);
  EXPECT_EQ(refusal(store.commit(operation_of("cj", EraseUser{}))).code, ErrorCode::kReadOnly);
  EXPECT_EQ(lasting_contents_of(folder_.folder()), before);
}

TEST_F(ReadOnly, MakesNoStore) {
  EXPECT_EQ(refusal(open_to_read(folder_.path())).code, ErrorCode::kNotFound);
  write_file(folder_ / "text", std::string(5000, 'x'));
  EXPECT_EQ(refusal(open_to_read(folder_ / "text")).code, ErrorCode::kNotAStore);
  EXPECT_EQ(contents_of(folder_.folder()).size(), 1U);
}

}  // namespace
}  // namespace penny::test
