#pragma once

// The doorbell: a word in the file `-bell`, mapped by every process, that grows with each commit. Whoever watches
// sleeps on it (futex) and looks again when it has changed.
//
// A ring may be missed (its writer was killed between COMMIT and ring), so a watcher also looks again by itself now and
// then.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include <penny/error.hpp>

#include "base/file_system.hpp"

namespace penny::store {

class Doorbell {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Doorbell>> open(const base::StorePaths& paths);
  // To read only: the one that is there, else one that nobody rings; watchers then look by themselves.
  [[nodiscard]] static Result<std::unique_ptr<Doorbell>> open_for_reading(const base::StorePaths& paths);
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  // Any thread; do not block.
  void ring();
  [[nodiscard]] std::uint32_t rings() const;

  // Until the count is no longer `seen`, or the deadline passes; may return early.
  void wait(std::uint32_t seen, std::chrono::steady_clock::time_point deadline) const;

 private:
  explicit Doorbell(std::atomic<std::uint32_t>* word) : word_(word) {}
  std::atomic<std::uint32_t>* word_;
};

}  // namespace penny::store
