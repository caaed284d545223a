#include "proof/faults/fault_vfs.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <sqlite3.h>

#include "proof/faults/fault_memory.hpp"
#include "proof/faults/fault_system_calls.hpp"
#include "proof/faults/strike.hpp"

namespace penny::proof::faults {
namespace {

// The real file stands behind it in the same memory, which SQLite allots by `szOsFile`.
struct File {
  sqlite3_file base;
  const char* name;  // what it is, for witnesses
};

sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1); }
sqlite3_vfs* real(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }
std::string_view name(sqlite3_file* file) { return reinterpret_cast<File*>(file)->name; }

const char* name_of_file(int flags) {
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) return "database";
  if ((flags & SQLITE_OPEN_WAL) != 0) return "log";
  return "other file";
}

int close_file(sqlite3_file* file) { return real(file)->pMethods->xClose(real(file)); }

int read_file(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
  const auto blow = blow_at(Call::kRead, name(file));
  if (blow && blow->harm != Harm::kHalfDone) return blow->code;
  const int code = real(file)->pMethods->xRead(real(file), bytes, count, offset);
  if (!blow) return code;
  const int half = count / 2;
  std::memset(static_cast<char*>(bytes) + half, 0, static_cast<std::size_t>(count - half));
  return blow->code;
}

int write_file(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  note_write_attempt();
  if (const auto blow = blow_at(Call::kWrite, name(file))) {
    if (blow->harm == Harm::kHalfDone) (void)real(file)->pMethods->xWrite(real(file), bytes, count / 2, offset);
    return blow->code;
  }
  if (is_beyond_room(static_cast<std::uint64_t>(offset + count), name(file))) return SQLITE_FULL;
  return real(file)->pMethods->xWrite(real(file), bytes, count, offset);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  note_write_attempt();
  if (const auto blow = blow_at(Call::kTruncate, name(file))) return blow->code;
  return real(file)->pMethods->xTruncate(real(file), size);
}

int sync_file(sqlite3_file* file, int flags) {
  note_write_attempt();
  if (const auto blow = blow_at(Call::kSync, name(file))) return blow->code;
  return real(file)->pMethods->xSync(real(file), flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  if (const auto blow = blow_at(Call::kSize, name(file))) return blow->code;
  return real(file)->pMethods->xFileSize(real(file), size);
}

int lock_file(sqlite3_file* file, int lock) {
  if (const auto blow = blow_at(Call::kLock, name(file))) return blow->code;
  return real(file)->pMethods->xLock(real(file), lock);
}

int unlock_file(sqlite3_file* file, int lock) {
  const auto blow = blow_at(Call::kUnlock, name(file));
  const int code = real(file)->pMethods->xUnlock(real(file), lock);
  return blow ? blow->code : code;
}

int check_reserved_lock(sqlite3_file* file, int* is_reserved) {
  if (const auto blow = blow_at(Call::kLock, name(file))) return blow->code;
  return real(file)->pMethods->xCheckReservedLock(real(file), is_reserved);
}

int file_control(sqlite3_file* file, int operation, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int device_characteristics(sqlite3_file* file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }

int map_shared_memory(sqlite3_file* file, int region, int size, int may_grow, void volatile** memory) {
  auto blow = blow_at(Call::kShmMap, "shared memory");
  if (!blow && may_grow != 0) blow = blow_at(Call::kShmGrow, "shared memory");
  if (blow) {
    *memory = nullptr;
    return blow->code;
  }
  return real(file)->pMethods->xShmMap(real(file), region, size, may_grow, memory);
}

int lock_shared_memory(sqlite3_file* file, int offset, int count, int flags) {
  const bool is_unlock = (flags & SQLITE_SHM_UNLOCK) != 0;
  const auto blow = blow_at(is_unlock ? Call::kShmUnlock : Call::kShmLock, "shared memory");
  // A lock that could not be given back would stay with its holder for good: no file system does that and says so.
  if (blow && !is_unlock) return blow->code;
  const int code = real(file)->pMethods->xShmLock(real(file), offset, count, flags);
  return blow ? blow->code : code;
}

void shared_memory_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int unmap_shared_memory(sqlite3_file* file, int is_to_be_deleted) {
  return real(file)->pMethods->xShmUnmap(real(file), is_to_be_deleted);
}
int fetch(sqlite3_file* file, sqlite3_int64 offset, int count, void** memory) {
  return real(file)->pMethods->xFetch(real(file), offset, count, memory);
}
int unfetch(sqlite3_file* file, sqlite3_int64 offset, void* memory) {
  return real(file)->pMethods->xUnfetch(real(file), offset, memory);
}

const sqlite3_io_methods kMethods{.iVersion = 3,
                                  .xClose = close_file,
                                  .xRead = read_file,
                                  .xWrite = write_file,
                                  .xTruncate = truncate_file,
                                  .xSync = sync_file,
                                  .xFileSize = file_size,
                                  .xLock = lock_file,
                                  .xUnlock = unlock_file,
                                  .xCheckReservedLock = check_reserved_lock,
                                  .xFileControl = file_control,
                                  .xSectorSize = sector_size,
                                  .xDeviceCharacteristics = device_characteristics,
                                  .xShmMap = map_shared_memory,
                                  .xShmLock = lock_shared_memory,
                                  .xShmBarrier = shared_memory_barrier,
                                  .xShmUnmap = unmap_shared_memory,
                                  .xFetch = fetch,
                                  .xUnfetch = unfetch};

int open_file(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  reinterpret_cast<File*>(file)->name = name_of_file(flags);
  if (const auto blow = blow_at(Call::kOpen, name(file))) return blow->code;
  const int code = real(vfs)->xOpen(real(vfs), path, real(file), flags, out_flags);
  if (code == SQLITE_OK) file->pMethods = &kMethods;
  return code;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int is_folder_synced) {
  if (const auto blow = blow_at(Call::kDelete)) return blow->code;
  return real(vfs)->xDelete(real(vfs), path, is_folder_synced);
}

int access_file(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
  if (const auto blow = blow_at(Call::kAccess)) return blow->code;
  return real(vfs)->xAccess(real(vfs), path, flags, result);
}

int full_path(sqlite3_vfs* vfs, const char* path, int size, char* out) {
  if (const auto blow = blow_at(Call::kFullPath)) return blow->code;
  return real(vfs)->xFullPathname(real(vfs), path, size, out);
}

int randomness(sqlite3_vfs* vfs, int size, char* out) { return real(vfs)->xRandomness(real(vfs), size, out); }
int sleep_not_at_all(sqlite3_vfs*, int microseconds) { return microseconds; }
int current_time(sqlite3_vfs* vfs, double* time) { return real(vfs)->xCurrentTime(real(vfs), time); }
int last_error(sqlite3_vfs* vfs, int size, char* out) { return real(vfs)->xGetLastError(real(vfs), size, out); }
int current_time_int64(sqlite3_vfs* vfs, sqlite3_int64* time) { return real(vfs)->xCurrentTimeInt64(real(vfs), time); }
int set_system_call(sqlite3_vfs* vfs, const char* name, sqlite3_syscall_ptr call) {
  return put_below(name, call) ? SQLITE_OK : real(vfs)->xSetSystemCall(real(vfs), name, call);
}
sqlite3_syscall_ptr system_call(sqlite3_vfs* vfs, const char* name) {
  const sqlite3_syscall_ptr below = call_below(name);
  return below != nullptr ? below : real(vfs)->xGetSystemCall(real(vfs), name);
}
const char* next_system_call(sqlite3_vfs* vfs, const char* name) { return real(vfs)->xNextSystemCall(real(vfs), name); }

void install_vfs() {
  static sqlite3_vfs vfs{};
  sqlite3_vfs* const below = sqlite3_vfs_find(nullptr);
  if (below == nullptr || below->iVersion < 3) std::abort();
  vfs = *below;
  vfs.pNext = nullptr;
  vfs.zName = "penny-faults";
  vfs.pAppData = below;
  vfs.szOsFile = static_cast<int>(sizeof(File)) + below->szOsFile;
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.xAccess = access_file;
  vfs.xFullPathname = full_path;
  vfs.xRandomness = randomness;
  vfs.xSleep = sleep_not_at_all;
  vfs.xCurrentTime = current_time;
  vfs.xGetLastError = last_error;
  vfs.xCurrentTimeInt64 = current_time_int64;
  vfs.xSetSystemCall = set_system_call;
  vfs.xGetSystemCall = system_call;
  vfs.xNextSystemCall = next_system_call;
  install_system_calls(*below);
  if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) std::abort();
}

int trace(unsigned event, void*, void* statement, void* text) {
  const char* sql =
      event == SQLITE_TRACE_STMT ? static_cast<const char*>(text) : sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
  if (sql == nullptr) return 0;
  const std::string_view words(sql);
  if (event == SQLITE_TRACE_PROFILE) {
    if (words == "COMMIT") set_phase(Phase::kOutside);
  } else if (words == "COMMIT") {
    set_phase(Phase::kInCommit);
  } else if (words.starts_with("SAVEPOINT")) {
    set_phase(Phase::kInTransaction);
  } else if (words.starts_with("BEGIN IMMEDIATE") || words == "ROLLBACK") {
    set_phase(Phase::kOutside);
  }
  return 0;
}

int trace_each_connection(sqlite3* database, const char**, const sqlite3_api_routines*) {
  return sqlite3_trace_v2(database, SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE, trace, nullptr);
}

}  // namespace

void install_stand_ins() {
  install_memory();
  if (sqlite3_initialize() != SQLITE_OK) std::abort();
  install_vfs();
  // The declared type of an extension's entry point is not the one with which it is called.
  if (sqlite3_auto_extension(reinterpret_cast<void (*)()>(trace_each_connection)) != SQLITE_OK) std::abort();
}

long sqlite_blocks_in_use() { return blocks_in_use(); }

}  // namespace penny::proof::faults
