#include "base/futex.hpp"

#include <climits>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace penny::base {
namespace {

void wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
          std::chrono::steady_clock::time_point deadline, std::uint32_t bits, int flags) {
  timespec at{};
  const timespec* limit = nullptr;
  if (deadline != std::chrono::steady_clock::time_point::max()) {
    const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.time_since_epoch()).count();
    if (since <= 0) return;
    at.tv_sec = static_cast<time_t>(since / 1'000'000'000);
    at.tv_nsec = static_cast<long>(since % 1'000'000'000);
    limit = &at;
  }
  // FUTEX_WAIT_BITSET takes an absolute time of CLOCK_MONOTONIC, which is what steady_clock reads.
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | flags, expected, limit, nullptr, bits);
}

}  // namespace

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

void futex_wait_private(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                        std::chrono::steady_clock::time_point deadline) {
  wait(word, expected, deadline, kFutexAnyBit, FUTEX_PRIVATE_FLAG);
}

void futex_wait_shared(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                       std::chrono::steady_clock::time_point deadline, std::uint32_t bits) {
  wait(word, expected, deadline, bits, 0);
}

void futex_wake_private(const std::atomic<std::uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, INT_MAX, nullptr, nullptr, kFutexAnyBit);
}

void futex_wake_shared(const std::atomic<std::uint32_t>& word, std::uint32_t bits) {
  syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, INT_MAX, nullptr, nullptr, bits);
}

}  // namespace penny::base
