#include "backend/sqlite/quiet_files.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "backend/sqlite/log_writes.hpp"
#include "backend/sqlite/wal_scan.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kName = "penny-quiet";
// Two of the kernel's ticks, where they are the longest.
constexpr std::chrono::milliseconds kTicks{20};
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

QuietStamp::File look_at(const std::string& path) {
  struct statx status{};
  if (statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_SIZE | STATX_MTIME | STATX_CTIME, &status) != 0) return {};
  return {.device = makedev(status.stx_dev_major, status.stx_dev_minor),
          .inode = status.stx_ino,
          .size = status.stx_size,
          .modified_ns = status.stx_mtime.tv_sec * kNanosecondsPerSecond + status.stx_mtime.tv_nsec,
          .changed_ns = status.stx_ctime.tv_sec * kNanosecondsPerSecond + status.stx_ctime.tv_nsec};
}

// The base's own file lies behind it; a log that is not there has none, and is empty.
struct QuietFile {
  sqlite3_file methods;  // what SQLite sees; first
  sqlite3_file* base;    // null: there is no such file
};

QuietFile& quiet(sqlite3_file* file) { return *reinterpret_cast<QuietFile*>(file); }

int close(sqlite3_file* file) {
  sqlite3_file* const base = quiet(file).base;
  return base == nullptr ? SQLITE_OK : base->pMethods->xClose(base);
}

int read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  sqlite3_file* const base = quiet(file).base;
  if (base != nullptr) return base->pMethods->xRead(base, bytes, size, offset);
  std::fill_n(static_cast<char*>(bytes), size, '\0');
  return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* /*file*/, const void* /*bytes*/, int /*size*/, sqlite3_int64 /*offset*/) {
  return SQLITE_READONLY;
}
int truncate(sqlite3_file* /*file*/, sqlite3_int64 /*size*/) { return SQLITE_READONLY; }

int sync(sqlite3_file* file, int flags) {
  sqlite3_file* const base = quiet(file).base;
  return base == nullptr ? SQLITE_OK : base->pMethods->xSync(base, flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  sqlite3_file* const base = quiet(file).base;
  if (base != nullptr) return base->pMethods->xFileSize(base, size);
  *size = 0;
  return SQLITE_OK;
}

int lock(sqlite3_file* /*file*/, int /*level*/) { return SQLITE_OK; }
int check_reserved_lock(sqlite3_file* /*file*/, int* is_reserved) {
  *is_reserved = 0;
  return SQLITE_OK;
}

int file_control(sqlite3_file* file, int operation, void* argument) {
  sqlite3_file* const base = quiet(file).base;
  return base == nullptr ? SQLITE_NOTFOUND : base->pMethods->xFileControl(base, operation, argument);
}

int sector_size(sqlite3_file* file) {
  constexpr int kUsual = 4096;
  sqlite3_file* const base = quiet(file).base;
  return base == nullptr ? kUsual : base->pMethods->xSectorSize(base);
}

int device_characteristics(sqlite3_file* file) {
  sqlite3_file* const base = quiet(file).base;
  return base == nullptr ? 0 : base->pMethods->xDeviceCharacteristics(base);
}

// Without shared memory, so that SQLite keeps the index of the log to itself.
const sqlite3_io_methods kQuietMethods{
    .iVersion = 1,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = file_size,
    .xLock = lock,
    .xUnlock = lock,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs* /*vfs*/, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* const base_vfs = sqlite3_vfs_find(nullptr);
  file->pMethods = nullptr;  // then SQLite does not close it
  if (base_vfs == nullptr || base_vfs->szOsFile > kBaseFileSizeMax) return SQLITE_CANTOPEN;
  if ((flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) == 0)
    return base_vfs->xOpen(base_vfs, name, file, flags, out_flags);
  auto* base = reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(file) + sizeof(QuietFile));
  int is_there = 1;
  if ((flags & SQLITE_OPEN_WAL) != 0) {
    if (const int code = base_vfs->xAccess(base_vfs, name, SQLITE_ACCESS_EXISTS, &is_there); code != SQLITE_OK)
      return code;
  }
  if (is_there != 0) {
    // Not as a log: SQLite gives a log the owner of its database, which changes its time.
    const int type = (flags & SQLITE_OPEN_WAL) != 0 ? SQLITE_OPEN_SUPER_JOURNAL : SQLITE_OPEN_MAIN_DB;
    const int code = base_vfs->xOpen(base_vfs, name, base, type | SQLITE_OPEN_READONLY, out_flags);
    if (base->pMethods == nullptr) return code;
  }
  if (out_flags != nullptr) *out_flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
  new (file) QuietFile{.methods = {.pMethods = &kQuietMethods}, .base = is_there != 0 ? base : nullptr};
  return SQLITE_OK;
}

int remove(sqlite3_vfs* /*vfs*/, const char* /*name*/, int /*sync_folder*/) { return SQLITE_READONLY; }

sqlite3_vfs make_vfs() {
  sqlite3_vfs vfs = *sqlite3_vfs_find(nullptr);
  vfs.zName = kName;
  vfs.pNext = nullptr;
  vfs.szOsFile = static_cast<int>(sizeof(QuietFile)) + kBaseFileSizeMax;
  vfs.xOpen = open;
  vfs.xDelete = remove;
  return vfs;
}

}  // namespace

std::optional<QuietStamp> quiet_stamp(const base::StorePaths& paths) {
  for (;;) {
    if (is_open_anywhere(paths.shm)) return std::nullopt;
    const QuietStamp stamp{.database = look_at(paths.database), .wal = look_at(paths.wal)};
    if (stamp.database.inode == 0) return std::nullopt;
    const auto now =
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    const std::int64_t latest = std::max(stamp.database.changed_ns, stamp.wal.changed_ns);
    const std::int64_t ticks = std::chrono::nanoseconds(kTicks).count();
    // A clock that was put back is no reason to wait for long.
    if (latest + ticks <= now || latest > now + ticks) return stamp;
    std::this_thread::sleep_for(kTicks);
  }
}

const char* quiet_file_system() {
  static std::once_flag once;
  std::call_once(once, [] {
    (void)store_file_system();  // its locks and its default
    static sqlite3_vfs vfs = make_vfs();
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) std::abort();
  });
  return kName;
}

}  // namespace penny::backend::sqlite
