#include "store/checkpoint_lock.hpp"

#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace penny::store {
namespace {
constexpr off_t kLockedByte = 1;
}

std::optional<CheckpointLock> CheckpointLock::try_take(const base::StorePaths& paths) {
  const int file = open(paths.gate.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return std::nullopt;
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = kLockedByte;
  lock.l_len = 1;
  if (fcntl(file, F_OFD_SETLK, &lock) != 0) {
    close(file);
    return std::nullopt;
  }
  return CheckpointLock(file);
}

CheckpointLock::CheckpointLock(CheckpointLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

CheckpointLock& CheckpointLock::operator=(CheckpointLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

CheckpointLock::~CheckpointLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace penny::store
