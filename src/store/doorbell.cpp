#include "store/doorbell.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/futex.hpp"
#include "base/proof.hpp"

namespace penny::store {
namespace {
constexpr std::size_t kBytes = 4096;
}

Result<std::unique_ptr<Doorbell>> Doorbell::open(const base::StorePaths& paths) {
  const int file = ::open(paths.bell.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  int error = file < 0 ? errno : posix_fallocate(file, 0, kBytes);
  void* memory = MAP_FAILED;
  if (error == 0) {
    memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) error = errno;
  }
  if (file >= 0) close(file);
  if (error != 0) {
    return base::fail(error == ENOSPC ? ErrorCode::kNoSpace : ErrorCode::kNoPermission,
                      fmt::format("{}: {}", paths.bell, std::strerror(error)),
                      "check the owner, the mode and the space of the store's folder");
  }
  return std::unique_ptr<Doorbell>(new Doorbell(static_cast<std::atomic<std::uint32_t>*>(memory)));
}

Result<std::unique_ptr<Doorbell>> Doorbell::open_for_reading(const base::StorePaths& paths) {
  const int file = ::open(paths.bell.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  struct stat status{};
  const bool is_shared = file >= 0 && fstat(file, &status) == 0 && status.st_size >= static_cast<off_t>(kBytes);
  void* memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, is_shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS,
                      is_shared ? file : -1, 0);
  const int error = errno;
  if (file >= 0) close(file);
  if (memory == MAP_FAILED)
    return base::fail(ErrorCode::kStorageFailed, fmt::format("{}: {}", paths.bell, std::strerror(error)), "try again");
  return std::unique_ptr<Doorbell>(new Doorbell(static_cast<std::atomic<std::uint32_t>*>(memory)));
}

Doorbell::~Doorbell() { munmap(static_cast<void*>(word_), kBytes); }

void Doorbell::ring() {
  if (base::proof::is_planted("bell_not_rung")) return;
  word_->fetch_add(1, std::memory_order_release);  // pairs with the acquire in `rings`
  base::futex_wake_shared(*word_);
}

std::uint32_t Doorbell::rings() const { return word_->load(std::memory_order_acquire); }

void Doorbell::wait(std::uint32_t seen, std::chrono::steady_clock::time_point deadline) const {
  base::futex_wait_shared(*word_, seen, deadline);
}

}  // namespace penny::store
