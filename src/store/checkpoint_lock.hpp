#pragma once

// One process at a time copies a long write-ahead log, outside the gate. An open-file-description lock on one byte of
// the file `-gate`: nobody waits for it, and the kernel frees it with its holder.

#include <optional>

#include "base/file_system.hpp"

namespace penny::store {

class CheckpointLock {
 public:
  // Nothing if another one has it. Does not block.
  [[nodiscard]] static std::optional<CheckpointLock> try_take(const base::StorePaths& paths);
  CheckpointLock(CheckpointLock&& other) noexcept;
  CheckpointLock(const CheckpointLock&) = delete;
  CheckpointLock& operator=(const CheckpointLock&) = delete;
  CheckpointLock& operator=(CheckpointLock&& other) noexcept;
  ~CheckpointLock();

 private:
  explicit CheckpointLock(int file) : file_(file) {}
  int file_;
};

}  // namespace penny::store
