#include "proof/faults/fault_system_calls.hpp"

#include <array>
#include <cerrno>
#include <cstdarg>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proof/faults/strike.hpp"

namespace penny::proof::faults {
namespace {

enum Place : std::uint8_t {
  kOpenAt,
  kPreadAt,
  kPwriteAt,
  kFtruncateAt,
  kStatAt,
  kFstatAt,
  kFcntlAt,
  kMmapAt,
  kFolderAt,
  kPlaces
};

// What stood there before us. Written while no thread runs SQLite.
std::array<sqlite3_syscall_ptr, kPlaces> below{};

template <class Function>
Function* beneath(Place place) {
  return reinterpret_cast<Function*>(below[place]);
}

bool fails(Call call) {
  const auto blow = blow_at(call);
  if (blow) errno = blow->code;
  return blow.has_value();
}

int open_or_fail(const char* path, int flags, int mode) {
  return fails(Call::kSystemOpen) ? -1 : beneath<int(const char*, int, int)>(kOpenAt)(path, flags, mode);
}

ssize_t pread_or_fail(int file, void* bytes, std::size_t count, off64_t offset) {
  const auto blow = blow_at(Call::kSystemRead);
  if (blow && blow->harm == Harm::kNothingDone) {
    errno = blow->code;
    return -1;
  }
  const std::size_t wanted = blow && count > 1 ? count / 2 : count;
  return beneath<ssize_t(int, void*, std::size_t, off64_t)>(kPreadAt)(file, bytes, wanted, offset);
}

ssize_t pwrite_or_fail(int file, const void* bytes, std::size_t count, off64_t offset) {
  const auto blow = blow_at(Call::kSystemWrite);
  if (blow && blow->harm == Harm::kNothingDone) {
    errno = blow->code;
    return -1;
  }
  const std::size_t wanted = blow && count > 1 ? count / 2 : count;
  return beneath<ssize_t(int, const void*, std::size_t, off64_t)>(kPwriteAt)(file, bytes, wanted, offset);
}

int ftruncate_or_fail(int file, off_t size) {
  return fails(Call::kSystemTruncate) ? -1 : beneath<int(int, off_t)>(kFtruncateAt)(file, size);
}

int stat_or_fail(const char* path, struct stat* status) {
  return fails(Call::kSystemStat) ? -1 : beneath<int(const char*, struct stat*)>(kStatAt)(path, status);
}

int fstat_or_fail(int file, struct stat* status) {
  return fails(Call::kSystemStat) ? -1 : beneath<int(int, struct stat*)>(kFstatAt)(file, status);
}

bool is_for_lock(int command) {
  return command == F_SETLK || command == F_SETLKW || command == F_GETLK || command == F_OFD_SETLK ||
         command == F_OFD_SETLKW || command == F_OFD_GETLK;
}

int fcntl_or_fail(int file, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  // Giving a lock back is not made to fail: it would stay for good.
  if (is_for_lock(command) && static_cast<struct flock*>(argument)->l_type != F_UNLCK && fails(Call::kSystemLock))
    return -1;
  return beneath<int(int, int, ...)>(kFcntlAt)(file, command, argument);
}

void* mmap_or_fail(void* address, std::size_t length, int protection, int flags, int file, off_t offset) {
  if (fails(Call::kSystemMap)) return MAP_FAILED;
  return beneath<void*(void*, std::size_t, int, int, int, off_t)>(kMmapAt)(address, length, protection, flags, file,
                                                                           offset);
}

int folder_or_fail(const char* path, int* file) {
  return fails(Call::kSystemFolder) ? SQLITE_CANTOPEN : beneath<int(const char*, int*)>(kFolderAt)(path, file);
}

struct StandIn {
  const char* name;
  Place place;
  sqlite3_syscall_ptr call;
};

template <class Function>
sqlite3_syscall_ptr pointer(Function* function) {
  return reinterpret_cast<sqlite3_syscall_ptr>(function);
}

const std::array<StandIn, 11>& stand_ins() {
  static const std::array<StandIn, 11> all{{{"open", kOpenAt, pointer(open_or_fail)},
                                            {"pread", kPreadAt, pointer(pread_or_fail)},
                                            {"pread64", kPreadAt, pointer(pread_or_fail)},
                                            {"pwrite", kPwriteAt, pointer(pwrite_or_fail)},
                                            {"pwrite64", kPwriteAt, pointer(pwrite_or_fail)},
                                            {"ftruncate", kFtruncateAt, pointer(ftruncate_or_fail)},
                                            {"stat", kStatAt, pointer(stat_or_fail)},
                                            {"fstat", kFstatAt, pointer(fstat_or_fail)},
                                            {"fcntl", kFcntlAt, pointer(fcntl_or_fail)},
                                            {"mmap", kMmapAt, pointer(mmap_or_fail)},
                                            {"openDirectory", kFolderAt, pointer(folder_or_fail)}}};
  return all;
}

}  // namespace

void install_system_calls(sqlite3_vfs& vfs) {
  for (const StandIn& one : stand_ins()) {
    const sqlite3_syscall_ptr before = vfs.xGetSystemCall(&vfs, one.name);
    if (before == nullptr) continue;  // this build does not use it
    below[one.place] = before;
    (void)vfs.xSetSystemCall(&vfs, one.name, one.call);
  }
}

sqlite3_syscall_ptr call_below(std::string_view name) {
  for (const StandIn& one : stand_ins()) {
    if (one.name == name) return below[one.place];
  }
  return nullptr;
}

bool put_below(std::string_view name, sqlite3_syscall_ptr call) {
  if (call == nullptr) return false;
  for (const StandIn& one : stand_ins()) {
    if (one.name != name || below[one.place] == nullptr) continue;
    below[one.place] = call;
    return true;
  }
  return false;
}

}  // namespace penny::proof::faults
