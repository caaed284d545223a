#pragma once

// The kernel's calls without libc in between, whose functions of these names are ours here (see calls.cpp).

#include <cstddef>

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace penny::proof::power::system_calls {

inline int open(int folder, const char* path, int flags, mode_t mode) {
  return static_cast<int>(syscall(SYS_openat, folder, path, flags, mode));
}
inline ssize_t write(int file, const void* bytes, std::size_t size) { return syscall(SYS_write, file, bytes, size); }
inline ssize_t write_at(int file, const void* bytes, std::size_t size, off_t offset) {
  return syscall(SYS_pwrite64, file, bytes, size, offset);
}
inline off_t where(int file) { return syscall(SYS_lseek, file, off_t{0}, SEEK_CUR); }
inline int resize(int file, off_t size) { return static_cast<int>(syscall(SYS_ftruncate, file, size)); }
// With errno, as fallocate(2); posix_fallocate returns the number instead.
inline int grow(int file, off_t offset, off_t size) {
  return static_cast<int>(syscall(SYS_fallocate, file, 0, offset, size));
}
inline int sync(int file, bool is_data_only) {
  return static_cast<int>(syscall(is_data_only ? SYS_fdatasync : SYS_fsync, file));
}
inline int rename(const char* from, const char* to) { return static_cast<int>(syscall(SYS_rename, from, to)); }
inline int unlink(const char* path) { return static_cast<int>(syscall(SYS_unlink, path)); }
inline int make_folder(const char* path, mode_t mode) { return static_cast<int>(syscall(SYS_mkdir, path, mode)); }

}  // namespace penny::proof::power::system_calls
