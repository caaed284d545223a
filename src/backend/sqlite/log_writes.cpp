#include "backend/sqlite/log_writes.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

#include <sqlite3.h>

#include "backend/sqlite/ofd_locks.hpp"
#include "backend/sqlite/paced_writes.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kName = "penny";
// SQLite's own files take at most 128 KiB less one byte in one call.
constexpr std::size_t kGatheredMax = std::size_t{64} << 10;

// SQLite gives the memory and calls `open` and `close` on it. The base's own file lies behind it.
struct LogFile {
  sqlite3_file methods;  // what SQLite sees; first
  sqlite3_file* base;
  std::vector<std::byte> gathered;
  sqlite3_int64 begin;  // where the first gathered byte belongs

  [[nodiscard]] sqlite3_int64 end() const { return begin + static_cast<sqlite3_int64>(gathered.size()); }

  int write_gathered() {
    if (gathered.empty()) return SQLITE_OK;
    const int code = base->pMethods->xWrite(base, gathered.data(), static_cast<int>(gathered.size()), begin);
    gathered.clear();
    return code;
  }

  int gather(const void* bytes, int size, sqlite3_int64 offset) {
    const auto count = static_cast<std::size_t>(size);
    if (!gathered.empty() && (offset != end() || gathered.size() + count > kGatheredMax)) {
      if (const int code = write_gathered(); code != SQLITE_OK) return code;
    }
    if (gathered.empty()) begin = offset;
    const auto* first = static_cast<const std::byte*>(bytes);
    try {
      gathered.insert(gathered.end(), first, first + count);
    } catch (const std::bad_alloc&) {
      return SQLITE_IOERR_NOMEM;
    }
    return SQLITE_OK;
  }
};

LogFile& log_of(sqlite3_file* file) { return *reinterpret_cast<LogFile*>(file); }

int close(sqlite3_file* file) {
  LogFile& log = log_of(file);
  // At most frames of a transaction that never ended: nobody will look at them.
  (void)log.write_gathered();
  const int code = log.base->pMethods->xClose(log.base);
  log.~LogFile();
  return code;
}

int read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  LogFile& log = log_of(file);
  if (const int code = log.write_gathered(); code != SQLITE_OK) return code;
  return log.base->pMethods->xRead(log.base, bytes, size, offset);
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  return log_of(file).gather(bytes, size, offset);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  LogFile& log = log_of(file);
  if (const int code = log.write_gathered(); code != SQLITE_OK) return code;
  return log.base->pMethods->xTruncate(log.base, size);
}

int sync(sqlite3_file* file, int flags) {
  LogFile& log = log_of(file);
  if (const int code = log.write_gathered(); code != SQLITE_OK) return code;
  if (base::proof::is_planted("log_written_and_not_synced")) return SQLITE_OK;
  if (base::proof::is_planted("every_seventh_sync_dropped")) {
    static std::atomic<unsigned> syncs{0};
    if (++syncs % 7 == 0) return SQLITE_OK;
  }
  return log.base->pMethods->xSync(log.base, flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  LogFile& log = log_of(file);
  if (const int code = log.write_gathered(); code != SQLITE_OK) return code;
  return log.base->pMethods->xFileSize(log.base, size);
}

int lock(sqlite3_file* file, int level) { return log_of(file).base->pMethods->xLock(log_of(file).base, level); }
int unlock(sqlite3_file* file, int level) { return log_of(file).base->pMethods->xUnlock(log_of(file).base, level); }
int check_reserved_lock(sqlite3_file* file, int* is_reserved) {
  return log_of(file).base->pMethods->xCheckReservedLock(log_of(file).base, is_reserved);
}
int file_control(sqlite3_file* file, int operation, void* argument) {
  return log_of(file).base->pMethods->xFileControl(log_of(file).base, operation, argument);
}
int sector_size(sqlite3_file* file) { return log_of(file).base->pMethods->xSectorSize(log_of(file).base); }
int device_characteristics(sqlite3_file* file) {
  return log_of(file).base->pMethods->xDeviceCharacteristics(log_of(file).base);
}

const sqlite3_io_methods kLogMethods{
    .iVersion = 1,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = file_size,
    .xLock = lock,
    .xUnlock = unlock,
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
  if ((flags & SQLITE_OPEN_WAL) == 0) return base_vfs->xOpen(base_vfs, name, file, flags, out_flags);
  auto* base = reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(file) + sizeof(LogFile));
  const int code = base_vfs->xOpen(base_vfs, name, base, flags, out_flags);
  if (base->pMethods == nullptr) return code;
  new (file) LogFile{.methods = {.pMethods = &kLogMethods}, .base = base, .gathered = {}, .begin = 0};
  return code;
}

sqlite3_vfs make_vfs() {
  static_assert(sizeof(LogFile) % alignof(std::max_align_t) == 0);
  // Everything but opening is the default's own, and asks for the default's own data.
  sqlite3_vfs vfs = *sqlite3_vfs_find(nullptr);
  vfs.zName = kName;
  vfs.pNext = nullptr;
  vfs.szOsFile = static_cast<int>(sizeof(LogFile)) + kBaseFileSizeMax;
  vfs.xOpen = open;
  return vfs;
}

}  // namespace

const char* store_file_system() {
  static std::once_flag once;
  std::call_once(once, [] {
    install_ofd_locks();
    install_paced_writes();
    static sqlite3_vfs vfs = make_vfs();
    // Without it no store can be opened, and without memory for it there is nothing to go on with.
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) std::abort();
  });
  return kName;
}

}  // namespace penny::backend::sqlite
