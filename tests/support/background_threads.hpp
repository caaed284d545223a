#pragma once

// Threads that run beside a test until it ends, also when it ends by an exception: without this its message would be lost to
// std::terminate.

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace penny::test {

class BackgroundThreads {
 public:
  BackgroundThreads() = default;
  BackgroundThreads(const BackgroundThreads&) = delete;
  BackgroundThreads& operator=(const BackgroundThreads&) = delete;
  ~BackgroundThreads() { end(); }

  // `work` is called again and again until the end.
  template <class Work>
  void start(Work work) {
    threads_.emplace_back([this, work = std::move(work)]() mutable {
      while (!is_over_) work();
    });
  }

  void end() {
    is_over_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::atomic<bool> is_over_{false};
  std::vector<std::thread> threads_;
};

}  // namespace penny::test
