#include "store/sole_lock.hpp"

#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace penny::store {
std::optional<SoleLock> SoleLock::try_take(const base::StorePaths& paths, SoleJob job) {
  const int file = open(paths.gate.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return std::nullopt;
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(job);
  lock.l_len = 1;
  if (fcntl(file, F_OFD_SETLK, &lock) != 0) {
    close(file);
    return std::nullopt;
  }
  return SoleLock(file);
}

SoleLock::SoleLock(SoleLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

SoleLock& SoleLock::operator=(SoleLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

SoleLock::~SoleLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace penny::store
