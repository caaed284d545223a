#include "backend/sqlite/ofd_locks.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <mutex>
#include <string_view>

#include <fcntl.h>
#include <sqlite3.h>

#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

int ofd_command(int command) {
  if (base::proof::is_planted("posix_locks")) return command;
  switch (command) {
    case F_SETLK:
      return F_OFD_SETLK;
    case F_SETLKW:
      return F_OFD_SETLKW;
    case F_GETLK:
      return F_OFD_GETLK;
    default:
      return command;
  }
}

int fcntl_with_ofd_locks(int descriptor, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  const int ofd = ofd_command(command);
  if (ofd == command) return fcntl(descriptor, command, argument);
  auto* lock = static_cast<struct flock*>(argument);
  lock->l_pid = 0;  // the kernel refuses anything else
  return fcntl(descriptor, ofd, lock);
}

// When SQLite cannot open the shared memory for writing (no descriptor is free, say) it takes it read-only, and all connections
// of the process share that: none could write until the last one is closed. Better it cannot be opened at all.
int open_shared_memory_for_writing_only(const char* path, int flags, int mode) {
  if ((flags & O_ACCMODE) == O_RDONLY && std::string_view(path).ends_with("-shm")) {
    errno = EACCES;
    return -1;
  }
  return open(path, flags, mode);
}

bool replace(sqlite3_vfs& vfs, const char* name, sqlite3_syscall_ptr call) {
  return vfs.xSetSystemCall(&vfs, name, call) == SQLITE_OK;
}

}  // namespace

void install_ofd_locks() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite3_vfs* vfs = sqlite3_initialize() == SQLITE_OK ? sqlite3_vfs_find(nullptr) : nullptr;
    // Without them no promise holds, so there is nothing to go on with.
    if (vfs == nullptr || vfs->xSetSystemCall == nullptr ||
        !replace(*vfs, "fcntl", reinterpret_cast<sqlite3_syscall_ptr>(fcntl_with_ofd_locks)) ||
        !replace(*vfs, "open", reinterpret_cast<sqlite3_syscall_ptr>(open_shared_memory_for_writing_only))) {
      std::abort();
    }
    if (base::proof::is_planted("no_folder_is_synced")) {
      const auto none = [](const char*, int*) { return SQLITE_CANTOPEN; };
      (void)vfs->xSetSystemCall(vfs, "openDirectory", reinterpret_cast<sqlite3_syscall_ptr>(+none));
    }
  });
}

}  // namespace penny::backend::sqlite
