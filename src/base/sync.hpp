#pragma once

// The locks of this library: a mutex that clang's thread-safety analysis understands, and whose order is checked.
//
// Every mutex has a rank. A thread may take a mutex only if its rank is above that of every mutex it holds; debug
// builds stop the program otherwise. The ranks are listed in docs/concurrency.md and in `Rank`.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <mutex>

#include <fmt/core.h>

#if defined(__clang__)
#define PENNY_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define PENNY_THREAD_ANNOTATION(x)
#endif

#define CAPABILITY(x) PENNY_THREAD_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY PENNY_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) PENNY_THREAD_ANNOTATION(guarded_by(x))
#define REQUIRES(...) PENNY_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) PENNY_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...) PENNY_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define EXCLUDES(...) PENNY_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS PENNY_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace penny::base {

// Lower ranks are taken first.
enum class Rank : std::uint8_t {
  kForkRegistry = 1,  // the stores that are open in this process
  kEngine = 2,        // one store's life: running, closing, forking
  kQueue = 3,         // requests that wait, and the committer's role
  kReaderPool = 4,    // idle and running read connections
  kSlot = 5,          // this store's slot in the shared page
  kToolCalls = 6,     // calls of tools that were left alone
  kToolCall = 7,      // one call's answer
  kLeaf = 8,          // holds nothing else while held
};

#ifndef NDEBUG
namespace detail {
// One bit for each rank that this thread holds.
inline thread_local std::uint32_t held_ranks = 0;

inline void check_rank(Rank rank) {
  if ((held_ranks >> static_cast<unsigned>(rank)) != 0) {
    fmt::print(stderr, "penny: lock order violated: rank {} while holding ranks {:#x}\n", static_cast<unsigned>(rank),
               held_ranks);
    std::abort();
  }
}
}  // namespace detail
#endif

class CAPABILITY("mutex") Mutex {
 public:
  explicit Mutex(Rank rank) : rank_(rank) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() ACQUIRE() {
#ifndef NDEBUG
    detail::check_rank(rank_);
    detail::held_ranks |= 1U << static_cast<unsigned>(rank_);
#endif
    mutex_.lock();
  }

  void unlock() RELEASE() {
    mutex_.unlock();
#ifndef NDEBUG
    detail::held_ranks &= ~(1U << static_cast<unsigned>(rank_));
#endif
  }

  // Around a fork the mutexes of all stores are held at once, by the forking thread, which no rank order allows. It
  // cannot deadlock: no other thread ever holds mutexes of two stores.
  void lock_for_fork() ACQUIRE() { mutex_.lock(); }
  void unlock_after_fork() RELEASE() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
  [[maybe_unused]] Rank rank_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

class CondVar {
 public:
  void wait(Mutex& mutex) REQUIRES(mutex) NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }

  // False when the deadline passed.
  bool wait_until(Mutex& mutex, std::chrono::steady_clock::time_point deadline)
      REQUIRES(mutex) NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool in_time = condition_.wait_until(lock, deadline) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }

  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace penny::base
