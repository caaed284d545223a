// System calls of SQLite's that fail once, or from some moment on. The whole sweep over all of them is tests/proof/faults.

#include <cerrno>
#include <cstdarg>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "backend/sqlite/ofd_locks.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

// Stands in for a system call of SQLite's while it lives, one at a time.
class StandIn {
 public:
  StandIn(const char* name, sqlite3_syscall_ptr call) : name_(name), vfs_(sqlite3_vfs_find("unix")) {
    before_ = vfs_->xGetSystemCall(vfs_, name);
    vfs_->xSetSystemCall(vfs_, name, call);
  }
  ~StandIn() { vfs_->xSetSystemCall(vfs_, name_, before_); }
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;
  static sqlite3_syscall_ptr before() { return before_; }

 private:
  static inline sqlite3_syscall_ptr before_ = nullptr;
  const char* name_;
  sqlite3_vfs* vfs_;
};

std::string suffix_to_fail;
int opens_before_failure = 0;
bool has_failed = false;

// No descriptor is free, once, when a file with this suffix is opened for writing.
int open_that_fails_once(const char* path, int flags, int mode) {
  if (!has_failed && (flags & O_ACCMODE) == O_RDWR && std::string_view(path).ends_with(suffix_to_fail) &&
      opens_before_failure-- <= 0) {
    has_failed = true;
    errno = EMFILE;
    return -1;
  }
  return reinterpret_cast<int (*)(const char*, int, int)>(StandIn::before())(path, flags, mode);
}

// The lock of a checkpoint, as SQLite's file format has it, cannot be had.
constexpr off_t kCheckpointLockAt = 121;

int fcntl_without_checkpoint_lock(int file, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  const auto* lock = static_cast<struct flock*>(argument);
  if (command == F_SETLK && lock->l_type == F_WRLCK && lock->l_start == kCheckpointLockAt && lock->l_len == 1) {
    has_failed = true;
    errno = ENOLCK;
    return -1;
  }
  return reinterpret_cast<int (*)(int, int, ...)>(StandIn::before())(file, command, argument);
}

class FailingCalls : public testing::Test {
 protected:
  FailingCalls() { backend::sqlite::install_ofd_locks(); }
  const StoreFolder folder_;
};

// The store goes on as soon as the cause is gone, in the same open store.
void expect_to_write_again(Store& store) {
  const auto stored = store.commit(a_turn());
  EXPECT_TRUE(stored.has_value()) << stored.error().message;
}

TEST_F(FailingCalls, AWriterThatCouldOnlyBeOpenedForReadingIsGivenUp) {
  folder_.make();
  for (const char* suffix : {".db", ".db-wal"}) {
    Store store = folder_.open();
    {
      suffix_to_fail = suffix;
      opens_before_failure = 0;
      has_failed = false;
      const StandIn open("open", reinterpret_cast<sqlite3_syscall_ptr>(open_that_fails_once));
      EXPECT_FALSE(store.commit(a_turn()).has_value()) << suffix;
      EXPECT_TRUE(has_failed) << suffix;
    }
    expect_to_write_again(store);
  }
}

TEST_F(FailingCalls, SharedMemoryIsNeverTakenForReadingOnly) {
  // Opening reads the anchor, by the connection that later reads use.
  ASSERT_TRUE(folder_.open().commit(a_turn()).has_value());
  suffix_to_fail = "-shm";
  opens_before_failure = 1;
  has_failed = false;
  const StandIn open("open", reinterpret_cast<sqlite3_syscall_ptr>(open_that_fails_once));
  auto store = Store::open(folder_.path());
  EXPECT_TRUE(has_failed);
  if (store) {
    expect_to_write_again(*store);
  } else {
    Store opened = folder_.open();
    expect_to_write_again(opened);
  }
}

TEST_F(FailingCalls, AStoreWhoseLogCannotBeCopiedIsNotMadeAtAll) {
  {
    has_failed = false;
    const StandIn fcntl("fcntl", reinterpret_cast<sqlite3_syscall_ptr>(fcntl_without_checkpoint_lock));
    EXPECT_EQ(refusal(Store::open(folder_.path())).code, ErrorCode::kStorageFailed);
    EXPECT_TRUE(has_failed);
  }
  Store store = folder_.open();
  expect_to_write_again(store);
}

}  // namespace
}  // namespace penny::test
