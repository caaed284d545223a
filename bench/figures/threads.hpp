#pragma once

// Threads that are joined, and whose first exception is thrown on.

#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace penny::figures {

// Runs `work(number)` in as many threads, and returns when all have ended.
inline void run_threads(std::uint32_t count, const std::function<void(std::uint32_t)>& work) {
  std::mutex mutex;
  std::exception_ptr first;
  std::vector<std::thread> threads;
  for (std::uint32_t number = 0; number < count; ++number) {
    threads.emplace_back([&, number] {
      try {
        work(number);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!first) first = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (first) std::rethrow_exception(first);
}

}  // namespace penny::figures
