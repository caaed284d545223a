// Attacks the invariants at the head of src/backend/sqlite/log_writes.hpp, through SQLite's hook for system calls, which lies
// below, and through the file system itself.

#include "backend/sqlite/log_writes.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "support/stores.hpp"

namespace penny::test {
namespace {

std::atomic<int> log_writes{0};
std::atomic<bool> is_counting{false};

bool is_log(int file) {
  char name[512];
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  const ssize_t size = readlink(link.c_str(), name, sizeof name);
  return size > 4 && std::string_view(name, static_cast<std::size_t>(size)).ends_with("-wal");
}

ssize_t counting_pwrite(int file, const void* bytes, size_t size, off_t at) {
  if (is_counting.load() && is_log(file)) log_writes.fetch_add(1);
  return pwrite(file, bytes, size, at);
}

TEST(LogWrites, ACommitWritesTheLogWithOneCall) {
  (void)sqlite3_initialize();
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  for (const char* name : {"pwrite", "pwrite64"})
    vfs->xSetSystemCall(vfs, name, reinterpret_cast<sqlite3_syscall_ptr>(counting_pwrite));
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(a_turn()));
  is_counting.store(true);
  must(store.commit(a_turn()));
  is_counting.store(false);
  EXPECT_EQ(log_writes.load(), 1);
}

// A log of the file system "penny", opened as SQLite opens it, and the same file as others see it. Its database is there,
// since SQLite gives the log the database's mode.
class OpenLog {
 public:
  explicit OpenLog(const std::string& path)
      : vfs_(sqlite3_vfs_find(backend::sqlite::store_file_system())), path_(path) {
    write_file(path_.substr(0, path_.size() - std::string_view("-wal").size()), "");
    memory_.resize(static_cast<std::size_t>(vfs_->szOsFile));
    // SQLite's own form of a name: with two zeros behind it.
    name_ = path_ + std::string(4, '\0');
    int flags = 0;
    EXPECT_EQ(
        vfs_->xOpen(vfs_, name_.data(), file(), SQLITE_OPEN_WAL | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &flags),
        SQLITE_OK);
  }
  ~OpenLog() { file()->pMethods->xClose(file()); }
  OpenLog(const OpenLog&) = delete;
  OpenLog& operator=(const OpenLog&) = delete;

  void write(const std::string& bytes, sqlite3_int64 at) {
    EXPECT_EQ(file()->pMethods->xWrite(file(), bytes.data(), static_cast<int>(bytes.size()), at), SQLITE_OK);
  }
  std::string read(int size, sqlite3_int64 at) {
    std::string bytes(static_cast<std::size_t>(size), '\0');
    EXPECT_EQ(file()->pMethods->xRead(file(), bytes.data(), size, at), SQLITE_OK);
    return bytes;
  }
  sqlite3_int64 size() {
    sqlite3_int64 size = 0;
    EXPECT_EQ(file()->pMethods->xFileSize(file(), &size), SQLITE_OK);
    return size;
  }
  void sync() { EXPECT_EQ(file()->pMethods->xSync(file(), SQLITE_SYNC_NORMAL), SQLITE_OK); }
  void truncate(sqlite3_int64 size) { EXPECT_EQ(file()->pMethods->xTruncate(file(), size), SQLITE_OK); }
  [[nodiscard]] std::string on_disk() const { return bytes_of_file(path_); }

 private:
  sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(memory_.data()); }

  sqlite3_vfs* vfs_;
  std::string path_;
  std::string name_;
  std::vector<std::max_align_t> memory_;
};

TEST(LogWrites, NeighboursAreOnTheDiskAfterTheSync) {
  const StoreFolder folder;
  OpenLog log(folder / "x-wal");
  log.write("head", 0);
  log.write("body", 4);
  EXPECT_EQ(log.on_disk(), "");
  log.sync();
  EXPECT_EQ(log.on_disk(), "headbody");
}

TEST(LogWrites, WhoWritesSeesEachWriteAtOnce) {
  const StoreFolder folder;
  OpenLog log(folder / "x-wal");
  log.write("head", 0);
  log.write("body", 4);
  EXPECT_EQ(log.read(4, 2), "adbo");
  log.write("HE", 0);
  log.write("!", 8);
  EXPECT_EQ(log.size(), 9);
  EXPECT_EQ(log.read(9, 0), "HEadbody!");
}

TEST(LogWrites, OrderIsKeptAroundATruncation) {
  const StoreFolder folder;
  OpenLog log(folder / "x-wal");
  log.write("head", 0);
  log.truncate(2);
  log.write("llo", 2);
  log.sync();
  EXPECT_EQ(log.on_disk(), "hello");
}

TEST(LogWrites, MoreThanOneCallCanTakeIsWrittenWhole) {
  const StoreFolder folder;
  OpenLog log(folder / "x-wal");
  std::string whole;
  for (int i = 0; i < 1000; ++i) {
    const std::string part(static_cast<std::size_t>(200 + i % 7), static_cast<char>('a' + i % 26));
    log.write(part, static_cast<sqlite3_int64>(whole.size()));
    whole += part;
  }
  log.sync();
  EXPECT_EQ(log.on_disk(), whole);
}

}  // namespace
}  // namespace penny::test
