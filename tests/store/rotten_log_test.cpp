// A write-ahead log that has rotted is refused when the store is opened, also when the shared page and its anchor are
// gone. SQLite alone would drop what stands behind the broken place without a word.

#include <filesystem>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::size_t kFrameBytes = 4120;

void fill(const StoreFolder& folder) {
  Store store = folder.open();
  for (int i = 0; i < 30; ++i) must(store.commit(a_turn("cj", "turn " + std::to_string(i))));
}

// As after a power cut: the log is read anew, and the anchor is gone.
void forget_the_page(const std::string& path) {
  for (const char* suffix : {"-shm", "-gate"}) fs::remove(path + suffix);
}

void flip(const std::string& file, std::size_t at) {
  std::string bytes = bytes_of_file(file);
  bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
  write_file(file, bytes);
}

TEST(RottenLog, IsRefusedWithoutAnAnchorToo) {
  const StoreFolder folder;
  fill(folder);
  forget_the_page(folder.path());
  flip(folder.path() + "-wal", 32 + 10 * kFrameBytes + 500);
  for (int i = 0; i < 2; ++i) {
    const Error error = refusal(Store::open(folder.path()));
    EXPECT_EQ(error.code, ErrorCode::kDamaged);
    EXPECT_THAT(error.message, HasSubstr("frame 11 is broken"));
    EXPECT_THAT(error.advice, HasSubstr("wal_checkpoint"));
  }
}

TEST(RottenLog, IsGivenUpInTheWayThatTheAdviceTells) {
  const StoreFolder folder;
  fill(folder);
  flip(folder.path() + "-wal", 32 + 60 * kFrameBytes + 500);
  EXPECT_THAT(refusal(Store::open(folder.path())).message, HasSubstr("frame 61 is broken"));
  RawDatabase(folder.path()).run("PRAGMA wal_checkpoint(TRUNCATE)");
  fs::remove(folder.path() + "-gate");
  Store store = folder.open();
  const std::uint64_t left = must(store.statistics()).operations;
  EXPECT_GT(left, 5U);
  EXPECT_LT(left, 30U);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(RottenLog, WithABrokenHeaderIsRefused) {
  const StoreFolder folder;
  fill(folder);
  for (const std::size_t at : {0U, 9U, 18U, 30U}) {
    forget_the_page(folder.path());
    flip(folder.path() + "-wal", at);
    EXPECT_THAT(refusal(Store::open(folder.path())).message, HasSubstr("its header is broken")) << at;
    flip(folder.path() + "-wal", at);
  }
  EXPECT_EQ(must(folder.open().statistics()).operations, 30U);
}

// A log is begun anew by a new header over the old one, when the database has all of it. A write of the header that is cut
// short leaves the old frames behind a broken header, and nothing is lost with them.
TEST(RottenLog, IsNotALogThatWasBegunAnewAndWhoseHeaderWasCutShort) {
  const StoreFolder folder;
  fill(folder);
  std::optional<RawDatabase> raw(std::in_place, folder.path());
  raw->run("PRAGMA wal_checkpoint(FULL)");
  const std::string old_log = bytes_of_file(folder.path() + "-wal");
  ASSERT_GT(old_log.size(), 32 + 60 * kFrameBytes);
  const std::string old_database = bytes_of_file(folder.path());
  must(folder.open().commit(a_turn("cj", "the first of the new log")));
  const std::string new_header = bytes_of_file(folder.path() + "-wal").substr(0, 32);
  ASSERT_NE(new_header, old_log.substr(0, 32));
  raw.reset();
  for (std::size_t written = 0; written < 32; ++written) {
    forget_the_page(folder.path());
    write_file(folder.path(), old_database);
    write_file(folder.path() + "-wal", new_header.substr(0, written) + old_log.substr(written));
    Store store = folder.open();
    EXPECT_EQ(must(store.statistics()).operations, 30U) << written;
    EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{}) << written;
    must(store.commit(a_turn("cj", "goes on")));
  }
}

TEST(RottenLog, WithACutHeaderIsRefusedIfTheDatabaseDoesNotHaveAllOfIt) {
  const StoreFolder folder;
  fill(folder);
  std::optional<RawDatabase> raw(std::in_place, folder.path());
  raw->run("PRAGMA wal_checkpoint(FULL)");
  const std::string log = bytes_of_file(folder.path() + "-wal");
  const std::string database = bytes_of_file(folder.path());
  raw.reset();
  write_file(folder.path(), database);
  write_file(folder.path() + "-wal", log);
  flip(folder.path() + "-wal", 14);
  flip(folder.path(), 4096 + 2000);
  forget_the_page(folder.path());
  EXPECT_THAT(refusal(Store::open(folder.path())).message, HasSubstr("its header is broken"));
  flip(folder.path(), 4096 + 2000);
  EXPECT_EQ(must(folder.open().statistics()).operations, 30U);
}

TEST(RottenLog, IsNotLookedForWhileSomebodyHasTheStoreOpen) {
  const StoreFolder folder;
  fill(folder);
  Store store = folder.open();
  EXPECT_EQ(must(store.statistics()).operations, 30U);
  // SQLite has read the log and does not read this frame's checksum again.
  flip(folder.path() + "-wal", 16);
  EXPECT_EQ(must(folder.open().statistics()).operations, 30U);
}

TEST(ATornLog, IsOpened) {
  const StoreFolder folder;
  fill(folder);
  forget_the_page(folder.path());
  const std::string log = bytes_of_file(folder.path() + "-wal");
  flip(folder.path() + "-wal", log.size() - 100);
  Store store = folder.open();
  EXPECT_EQ(must(store.statistics()).operations, 29U);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

}  // namespace
}  // namespace penny::test
