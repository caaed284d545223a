// Rot in a write-ahead log is told apart from what a crash may leave of it. Each log here is one that SQLite wrote.

#include "backend/sqlite/wal_scan.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

namespace fs = std::filesystem;
using backend::sqlite::kWalFrameBytes;
using backend::sqlite::kWalFrameHeaderBytes;
using backend::sqlite::kWalHeaderBytes;
using backend::sqlite::WalRot;
using backend::sqlite::WalScan;

std::optional<WalRot> scan(const std::string& log) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(log.data()), log.size());
  if (bytes.size() < kWalHeaderBytes) return std::nullopt;
  WalScan scan(bytes.first<kWalHeaderBytes>());
  for (std::size_t at = kWalHeaderBytes; at + kWalFrameBytes <= bytes.size(); at += kWalFrameBytes)
    scan.take(bytes.subspan(at).first<kWalFrameBytes>());
  return scan.rot();
}

std::size_t frame_at(std::size_t number) { return kWalHeaderBytes + (number - 1) * kWalFrameBytes; }
std::size_t frames_of(const std::string& log) { return (log.size() - kWalHeaderBytes) / kWalFrameBytes; }
bool is_commit(const std::string& log, std::size_t frame) {
  return log.substr(frame_at(frame) + 4, 4) != std::string(4, '\0');
}

std::string flipped(std::string log, std::size_t at, unsigned bit = 0) {
  log.at(at) = static_cast<char>(log.at(at) ^ (1 << bit));
  return log;
}

// A database in WAL mode, whose log is never copied.
class LogFolder {
 public:
  LogFolder() {
    open("PRAGMA page_size=4096; PRAGMA journal_mode=WAL; CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)");
    run("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  void open(const std::string& sql = "SELECT 1") {
    database_.emplace(folder_.path());
    run("PRAGMA wal_autocheckpoint=0");
    run(sql);
  }
  void run(const std::string& sql) { database_->run(sql); }
  // One transaction of some `pages` frames.
  void commit(int pages) {
    std::string sql = "BEGIN;";
    for (int i = 0; i < pages; ++i) sql += "INSERT INTO t(b) VALUES(randomblob(3000));";
    run(sql + "COMMIT");
  }
  [[nodiscard]] std::string log() const { return bytes_of_file(folder_.path() + "-wal"); }
  [[nodiscard]] std::string count() { return database_->text("SELECT count(*) FROM t"); }
  // The machine went down and left this log; then it is opened again.
  void crash(const std::string& log) {
    const std::string file = bytes_of_file(folder_.path());
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(folder_.path() + suffix);
    write_file(folder_.path(), file);
    write_file(folder_.path() + "-wal", log);
    open();
  }

 private:
  StoreFolder folder_;
  std::optional<RawDatabase> database_;
};

TEST(WalScan, FindsNothingInALogThatIsWhole) {
  LogFolder folder;
  for (int i = 0; i < 20; ++i) folder.commit(1 + i % 4);
  const std::string log = folder.log();
  ASSERT_GT(frames_of(log), 40U);
  EXPECT_EQ(scan(log), std::nullopt);
}

TEST(WalScan, FindsNothingInALogThatEndsAnywhere) {
  LogFolder folder;
  for (int i = 0; i < 6; ++i) folder.commit(1 + i % 4);
  const std::string log = folder.log();
  for (std::size_t size = 0; size < log.size(); size += 97) EXPECT_EQ(scan(log.substr(0, size)), std::nullopt) << size;
}

TEST(WalScan, FindsEveryFlippedBitThatHasALaterCommitBehindIt) {
  LogFolder folder;
  for (int i = 0; i < 8; ++i) folder.commit(1 + i % 4);
  const std::string log = folder.log();
  std::vector<std::size_t> commits;
  for (std::size_t frame = 1; frame <= frames_of(log); ++frame) {
    if (is_commit(log, frame)) commits.push_back(frame);
  }
  ASSERT_EQ(commits.size(), 8U);
  std::mt19937 random(4711);
  for (std::size_t frame = 1; frame <= frames_of(log); ++frame) {
    // The last but one commit is proved by the last, unless what says so is what broke.
    const bool is_provable = frame <= commits[commits.size() - 3];
    const bool may_be_proved = frame <= commits[commits.size() - 2];
    for (std::size_t byte = 0; byte < kWalFrameBytes; byte += byte < kWalFrameHeaderBytes ? 1 : 211) {
      const auto rot = scan(flipped(log, frame_at(frame) + byte, random() % 8));
      if (is_provable) {
        ASSERT_TRUE(rot) << "frame " << frame << " byte " << byte;
        EXPECT_EQ(rot->broken_frame, frame);
        EXPECT_GT(rot->proof_frame, frame);
      } else if (!may_be_proved && (byte < 4 || byte >= 8)) {  // there a flipped bit makes a commit frame
        EXPECT_EQ(rot, std::nullopt) << "frame " << frame << " byte " << byte;
      }
    }
  }
}

TEST(WalScan, FindsEveryFlippedBitOfTheHeader) {
  LogFolder folder;
  for (int i = 0; i < 3; ++i) folder.commit(2);
  const std::string log = folder.log();
  for (std::size_t byte = 0; byte < kWalHeaderBytes; ++byte) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      const auto rot = scan(flipped(log, byte, bit));
      ASSERT_TRUE(rot) << byte;
      EXPECT_EQ(rot->broken_frame, 0U);
    }
  }
}

TEST(WalScan, TakesWhatACrashLeftOfTheLastCommitForWhatItIs) {
  LogFolder folder;
  folder.commit(3);
  folder.commit(2);
  const std::string before = folder.log();
  folder.commit(9);
  const std::string log = folder.log();
  const std::size_t first = frames_of(before) + 1;
  std::mt19937 random(4711);
  for (int round = 0; round < 300; ++round) {
    std::string torn = log;
    // Any subset of the sectors that were on their way.
    for (std::size_t at = frame_at(first) / 512 * 512; at < log.size(); at += 512) {
      if (random() % 3 != 0) continue;
      for (std::size_t i = std::max(at, frame_at(first)); i < std::min(at + 512, log.size()); ++i) torn[i] = '\0';
    }
    EXPECT_EQ(scan(torn), std::nullopt);
  }
}

// What an unfinished commit left stays behind the shorter ones that are written over its beginning, crash after crash.
TEST(WalScan, TakesLeftoversOfEarlierCrashesForWhatTheyAre) {
  LogFolder folder;
  folder.commit(1);
  std::mt19937 random(4711);
  for (int round = 0; round < 30; ++round) {
    folder.commit(1 + static_cast<int>(random() % 3));
    const std::string acknowledged = folder.count();
    const std::size_t first = frames_of(folder.log()) + 1;
    std::string torn = folder.log();
    folder.commit(1 + static_cast<int>(random() % 12));
    const std::string log = folder.log();
    if (frames_of(log) < first) continue;  // it fell into the leftovers of an earlier one
    torn = flipped(log, frame_at(first) + random() % kWalFrameBytes);
    EXPECT_EQ(scan(torn), std::nullopt) << round;
    folder.crash(torn);
    EXPECT_EQ(folder.count(), acknowledged);
    folder.commit(1);
    EXPECT_EQ(scan(folder.log()), std::nullopt) << round;
  }
}

TEST(WalScan, DoesNotTakeFramesOfTheLogBeforeTheLastResetForItsOwn) {
  LogFolder folder;
  for (int i = 0; i < 10; ++i) folder.commit(3);
  folder.run("PRAGMA wal_checkpoint(RESTART)");
  folder.commit(2);
  folder.commit(2);
  const std::string log = folder.log();
  ASSERT_GT(frames_of(log), 30U);
  EXPECT_EQ(scan(log), std::nullopt);
  EXPECT_EQ(scan(flipped(log, frame_at(frames_of(log)) + 100)), std::nullopt);
  // The new log's own last commit.
  std::size_t last = 0;
  for (std::size_t frame = 1; log.substr(frame_at(frame) + 8, 8) == log.substr(16, 8); ++frame) last = frame;
  EXPECT_EQ(scan(flipped(log, frame_at(last) + 100)), std::nullopt);
  EXPECT_TRUE(scan(flipped(log, frame_at(1) + 100)));
}

TEST(WalScan, FindsNothingInZerosAndInGarbage) {
  EXPECT_EQ(scan(std::string(kWalHeaderBytes + 8 * kWalFrameBytes, '\0')), std::nullopt);
  std::string garbage(kWalHeaderBytes + 8 * kWalFrameBytes, '\0');
  std::mt19937 random(4711);
  for (char& byte : garbage) byte = static_cast<char>(random());
  EXPECT_EQ(scan(garbage), std::nullopt);
}

}  // namespace
}  // namespace penny::test
