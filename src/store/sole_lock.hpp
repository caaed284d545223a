#pragma once

// What one process at a time does, outside the gate: copying a long write-ahead log, keeping the search index, erasing. An
// open-file-description lock on one byte of the file `-gate` for each: nobody waits for it, and the kernel frees it with its
// holder.

#include <cstdint>
#include <optional>

#include "base/file_system.hpp"

namespace penny::store {

enum class SoleJob : std::uint8_t { kCheckpoint = 1, kSearchIndex = 2, kErase = 3 };  // the byte

class SoleLock {
 public:
  // Nothing if another one has it. Does not block.
  [[nodiscard]] static std::optional<SoleLock> try_take(const base::StorePaths& paths,
                                                        SoleJob job = SoleJob::kCheckpoint);
  SoleLock(SoleLock&& other) noexcept;
  SoleLock(const SoleLock&) = delete;
  SoleLock& operator=(const SoleLock&) = delete;
  SoleLock& operator=(SoleLock&& other) noexcept;
  ~SoleLock();

 private:
  explicit SoleLock(int file) : file_(file) {}
  int file_;
};

}  // namespace penny::store
