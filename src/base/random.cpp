#include "base/random.hpp"

#include <pthread.h>
#include <sys/random.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

namespace penny::base {
namespace {

// getrandom(2) is not cut short, nor interrupted, up to this size.
constexpr std::size_t kPoolBytes = 256;

// Counts the forks that led to this process. Written only by the single thread of a new child, before it goes on, and
// read by the threads that it starts later: no ordering is needed.
std::atomic<std::uint32_t> fork_generation{0};

struct Pool {
  std::array<std::uint8_t, kPoolBytes> bytes;
  std::size_t left;  // the last ones of `bytes`
  std::uint32_t generation;
};

// Trivial on purpose: it needs no guard at each use, and lives until the thread's very end.
thread_local Pool pool{};

void read_kernel(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

void refill() {
  static const bool is_watching_forks = [] {
    const int error =
        ::pthread_atfork(nullptr, nullptr, [] { fork_generation.fetch_add(1, std::memory_order_relaxed); });
    if (error != 0) throw std::system_error(error, std::generic_category(), "pthread_atfork");
    return true;
  }();
  static_cast<void>(is_watching_forks);
  read_kernel(pool.bytes);
  pool.left = pool.bytes.size();
  pool.generation = fork_generation.load(std::memory_order_relaxed);
}

}  // namespace

void fill_random(std::span<std::uint8_t> bytes) {
  if (bytes.size() > kPoolBytes / 4) return read_kernel(bytes);
  if (pool.generation != fork_generation.load(std::memory_order_relaxed)) pool.left = 0;
  if (pool.left < bytes.size()) refill();
  if (bytes.empty()) return;
  std::uint8_t* const from = pool.bytes.data() + (kPoolBytes - pool.left);
  std::memcpy(bytes.data(), from, bytes.size());
  // What was handed out must not be found here again.
  std::memset(from, 0, bytes.size());
  pool.left -= bytes.size();
}

}  // namespace penny::base
