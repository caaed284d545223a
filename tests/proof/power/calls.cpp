// libc's functions that change files, defined by this program so that SQLite's and Penny's calls come here first. Without a
// recording they do what libc's do, no more. What writes by another way (stdio inside libc, io_uring) is not seen; the
// recording's self-check would tell, since then the files are not what the trace explains.

#include <cerrno>
#include <cstdarg>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proof/power/recorder.hpp"
#include "proof/power/system_calls.hpp"

namespace {

using penny::proof::power::Recorder;
namespace system_calls = penny::proof::power::system_calls;

int open_file(int folder, const char* path, int flags, mode_t mode) {
  Recorder& recorder = Recorder::instance();
  return recorder.is_on() ? recorder.open(folder, path, flags, mode) : system_calls::open(folder, path, flags, mode);
}

ssize_t write_file(int file, const void* bytes, std::size_t size, std::optional<off_t> offset) {
  Recorder& recorder = Recorder::instance();
  if (recorder.is_on()) return recorder.write(file, bytes, size, offset);
  return offset ? system_calls::write_at(file, bytes, size, *offset) : system_calls::write(file, bytes, size);
}

int resize_file(int file, off_t size) {
  Recorder& recorder = Recorder::instance();
  return recorder.is_on() ? recorder.resize(file, size) : system_calls::resize(file, size);
}

// Returns the error and leaves errno alone.
int grow_file(int file, off_t offset, off_t size) {
  Recorder& recorder = Recorder::instance();
  const int before = errno;
  const int code = recorder.is_on() ? recorder.grow(file, offset, size) : system_calls::grow(file, offset, size);
  const int error = code == 0 ? 0 : errno;
  errno = before;
  return error;
}

int sync_file(int file, bool is_data_only) {
  Recorder& recorder = Recorder::instance();
  return recorder.is_on() ? recorder.sync(file, is_data_only) : system_calls::sync(file, is_data_only);
}

}  // namespace

#define PENNY_MODE_OF(flags, mode)              \
  mode_t mode = 0;                              \
  if (((flags) & (O_CREAT | O_TMPFILE)) != 0) { \
    va_list arguments;                          \
    va_start(arguments, flags);                 \
    (mode) = va_arg(arguments, mode_t);         \
    va_end(arguments);                          \
  }

extern "C" {

int open(const char* path, int flags, ...) {
  PENNY_MODE_OF(flags, mode)
  return open_file(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  PENNY_MODE_OF(flags, mode)
  return open_file(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  PENNY_MODE_OF(flags, mode)
  return open_file(folder, path, flags, mode);
}
int openat64(int folder, const char* path, int flags, ...) {
  PENNY_MODE_OF(flags, mode)
  return open_file(folder, path, flags, mode);
}
int creat(const char* path, mode_t mode) { return open_file(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char* path, mode_t mode) { return open_file(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

ssize_t write(int file, const void* bytes, std::size_t size) { return write_file(file, bytes, size, std::nullopt); }
ssize_t pwrite(int file, const void* bytes, std::size_t size, off_t offset) {
  return write_file(file, bytes, size, offset);
}
ssize_t pwrite64(int file, const void* bytes, std::size_t size, off64_t offset) {
  return write_file(file, bytes, size, offset);
}

int ftruncate(int file, off_t size) noexcept { return resize_file(file, size); }
int ftruncate64(int file, off64_t size) noexcept { return resize_file(file, size); }
int posix_fallocate(int file, off_t offset, off_t size) { return grow_file(file, offset, size); }
int posix_fallocate64(int file, off64_t offset, off64_t size) { return grow_file(file, offset, size); }

int fsync(int file) { return sync_file(file, false); }
int fdatasync(int file) { return sync_file(file, true); }

int rename(const char* from, const char* to) noexcept {
  Recorder& recorder = Recorder::instance();
  return recorder.is_on() ? recorder.rename(from, to) : system_calls::rename(from, to);
}
int unlink(const char* path) noexcept {
  Recorder& recorder = Recorder::instance();
  return recorder.is_on() ? recorder.unlink(path) : system_calls::unlink(path);
}
int mkdir(const char* path, mode_t mode) noexcept {
  Recorder& recorder = Recorder::instance();
  return recorder.is_on() ? recorder.make_folder(path, mode) : system_calls::make_folder(path, mode);
}

}  // extern "C"
