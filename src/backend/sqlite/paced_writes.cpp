#include "backend/sqlite/paced_writes.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "backend/sqlite/schema.hpp"

namespace penny::backend::sqlite {
namespace {

// A page takes some 10 us on a fast disk, so a commit waits for less than 0.1 ms, and the disk is free for most of the time.
constexpr int kPagesAtOnce = 8;
constexpr std::chrono::microseconds kRest{300};

thread_local const std::function<bool()>* is_hurried_here = nullptr;
thread_local int pages_written = 0;
thread_local off_t first = 0;
thread_local off_t end = 0;

// What was written since the last rest. False: the disk refused it, which no later sync of this descriptor would tell; errno says
// why. A file system that cannot do this leaves all to the sync.
bool write_back(int file) {
  constexpr unsigned kWriteAndWait = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  const int code = sync_file_range(file, first, end - first, kWriteAndWait);
  pages_written = 0;
  if (code != 0) return errno == ESPIPE || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP;
  std::this_thread::sleep_for(kRest);
  return true;
}

using Write = ssize_t (*)(int, const void*, size_t, off_t);
Write write_at_once = pwrite;  // what SQLite called before

ssize_t write_paced(int file, const void* bytes, size_t size, off_t offset) {
  const ssize_t written = write_at_once(file, bytes, size, offset);
  if (is_hurried_here == nullptr) return written;
  if (written != static_cast<ssize_t>(size) || size != static_cast<size_t>(kPageSize) || offset % kPageSize != 0)
    return written;
  if ((*is_hurried_here)()) {
    is_hurried_here = nullptr;
    return written;
  }
  const off_t behind = offset + static_cast<off_t>(size);
  first = pages_written == 0 ? offset : std::min(first, offset);
  end = pages_written == 0 ? behind : std::max(end, behind);
  if (++pages_written == kPagesAtOnce && !write_back(file)) return -1;
  return written;
}

}  // namespace

void install_paced_writes() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite3_vfs* vfs = sqlite3_initialize() == SQLITE_OK ? sqlite3_vfs_find(nullptr) : nullptr;
    if (vfs == nullptr || vfs->xSetSystemCall == nullptr) return;  // then nothing is paced
    // SQLite uses one of the two, as it was compiled.
    for (const char* name : {"pwrite", "pwrite64"}) {
      const sqlite3_syscall_ptr before = vfs->xGetSystemCall(vfs, name);
      const auto ours = reinterpret_cast<sqlite3_syscall_ptr>(write_paced);
      if (before == nullptr || before == ours) continue;
      write_at_once = reinterpret_cast<Write>(before);
      (void)vfs->xSetSystemCall(vfs, name, ours);
    }
  });
}

PacedWrites::PacedWrites(const std::function<bool()>& is_hurried) {
  is_hurried_here = &is_hurried;
  pages_written = 0;
}

PacedWrites::~PacedWrites() { is_hurried_here = nullptr; }

}  // namespace penny::backend::sqlite
