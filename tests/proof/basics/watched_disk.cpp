#include "proof/basics/watched_disk.hpp"

#include <stdexcept>
#include <thread>

#include <sqlite3.h>

#include "backend/sqlite/ofd_locks.hpp"

namespace penny::proof::basics {
namespace {

struct State {
  std::atomic<bool> is_full{false};
  std::atomic<bool> do_reads_fail{false};
  std::atomic<bool> does_next_sync_fail{false};
  std::atomic<bool> are_syncs_held{false};
  std::atomic<unsigned> held{0};
  std::atomic<unsigned> log_syncs{0};
  std::atomic<unsigned> database_syncs{0};
};
State state;

sqlite3_vfs* below = nullptr;
sqlite3_vfs on_top;

// A database and a log have different methods below. All files of a kind have the same.
struct Methods {
  const sqlite3_io_methods* below = nullptr;
  sqlite3_io_methods on_top{};
};
Methods of_database;
Methods of_log;

int read(const Methods& methods, sqlite3_file* file, void* bytes, int size, sqlite3_int64 at) {
  return state.do_reads_fail ? SQLITE_IOERR_READ : methods.below->xRead(file, bytes, size, at);
}

int read_database(sqlite3_file* file, void* bytes, int size, sqlite3_int64 at) {
  return read(of_database, file, bytes, size, at);
}

int read_log(sqlite3_file* file, void* bytes, int size, sqlite3_int64 at) {
  return read(of_log, file, bytes, size, at);
}

int write(const Methods& methods, sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
  return state.is_full ? SQLITE_FULL : methods.below->xWrite(file, bytes, size, at);
}

int write_database(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
  return write(of_database, file, bytes, size, at);
}

int write_log(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
  return write(of_log, file, bytes, size, at);
}

int sync_database(sqlite3_file* file, int flags) {
  state.database_syncs += 1;
  return of_database.below->xSync(file, flags);
}

int sync_log(sqlite3_file* file, int flags) {
  if (state.does_next_sync_fail.exchange(false)) return SQLITE_IOERR_FSYNC;
  state.held += 1;
  while (state.are_syncs_held) std::this_thread::yield();
  state.held -= 1;
  state.log_syncs += 1;
  return of_log.below->xSync(file, flags);
}

void put_on_top(Methods& methods, sqlite3_file* file) {
  if (methods.below == nullptr) {
    methods.below = file->pMethods;
    methods.on_top = *methods.below;
    const bool is_log = &methods == &of_log;
    methods.on_top.xRead = is_log ? read_log : read_database;
    methods.on_top.xWrite = is_log ? write_log : write_database;
    methods.on_top.xSync = is_log ? sync_log : sync_database;
  }
  file->pMethods = &methods.on_top;
}

int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* flags_out) {
  const int code = below->xOpen(below, name, file, flags, flags_out);
  if (code != SQLITE_OK || file->pMethods == nullptr) return code;
  // A chapter's first store is made before it starts threads, so the tables are filled by one.
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) put_on_top(of_database, file);
  if ((flags & SQLITE_OPEN_WAL) != 0) put_on_top(of_log, file);
  return code;
}

using OpenFolder = int (*)(const char*, int*);
OpenFolder open_folder_below = nullptr;
std::atomic<unsigned> opened_folders{0};

int open_folder(const char* name, int* descriptor) {
  opened_folders += 1;
  return open_folder_below(name, descriptor);
}

}  // namespace

void count_folder_syncs() {
  (void)sqlite3_initialize();
  sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
  open_folder_below = reinterpret_cast<OpenFolder>(vfs->xGetSystemCall(vfs, "openDirectory"));
  (void)vfs->xSetSystemCall(vfs, "openDirectory", reinterpret_cast<sqlite3_syscall_ptr>(open_folder));
}

unsigned folder_syncs() { return opened_folders; }

WatchedDisk::WatchedDisk() {
  backend::sqlite::install_ofd_locks();
  below = sqlite3_vfs_find(nullptr);
  on_top = *below;
  on_top.pNext = nullptr;
  on_top.zName = "penny-watched";
  on_top.xOpen = open;
  if (sqlite3_vfs_register(&on_top, 1) != SQLITE_OK) throw std::runtime_error("SQLite takes no file system");
  state.log_syncs = 0;
  state.database_syncs = 0;
}

WatchedDisk::~WatchedDisk() {
  hold_log_syncs(false);
  set_full(false);
  fail_reads(false);
  state.does_next_sync_fail = false;
  sqlite3_vfs_unregister(&on_top);
  sqlite3_vfs_register(below, 1);
}

void WatchedDisk::set_full(bool is_full) { state.is_full = is_full; }
void WatchedDisk::fail_reads(bool do_fail) { state.do_reads_fail = do_fail; }
void WatchedDisk::fail_next_log_sync() { state.does_next_sync_fail = true; }
void WatchedDisk::hold_log_syncs(bool is_held) { state.are_syncs_held = is_held; }
unsigned WatchedDisk::held_log_syncs() const { return state.held; }
unsigned WatchedDisk::log_syncs() const { return state.log_syncs; }
unsigned WatchedDisk::database_syncs() const { return state.database_syncs; }

}  // namespace penny::proof::basics
