#pragma once

// How long the disk itself keeps somebody waiting, while a test measures how long the store does: now and then a disk takes 50 ms and
// more for a single write, on a machine that does nothing else.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "backend/sqlite/descriptor.hpp"

namespace penny::test {

// From its beginning to its end it writes and syncs a few bytes of a file of its own, again and again.
class SlowDisk {
 public:
  explicit SlowDisk(const std::string& path) : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (file_.get() < 0) throw std::runtime_error("cannot make " + path);
    thread_ = std::thread([this] { watch(); });
  }
  ~SlowDisk() {
    is_to_end_ = true;
    thread_.join();
  }
  SlowDisk(const SlowDisk&) = delete;
  SlowDisk& operator=(const SlowDisk&) = delete;

  // The longest that one sync took until now.
  [[nodiscard]] double worst_ms() const { return worst_ms_.load(); }

 private:
  void watch() {
    while (!is_to_end_) {
      const auto began = std::chrono::steady_clock::now();
      if (pwrite(file_.get(), "x", 1, 0) != 1 || fdatasync(file_.get()) != 0) return;
      const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
      worst_ms_ = std::max(worst_ms_.load(), took.count());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  const backend::sqlite::Descriptor file_;
  std::atomic<double> worst_ms_{0};
  std::atomic<bool> is_to_end_{false};
  std::thread thread_;
};

}  // namespace penny::test
