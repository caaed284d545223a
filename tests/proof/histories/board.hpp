#pragma once

// What the processes of one run share, in a file that outlives each of them.

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "proof/histories/shared_file.hpp"

namespace penny::proof::histories {

inline constexpr std::uint32_t kProcesses = 4;
inline constexpr std::uint32_t kThreads = 4;  // of each

// Counters only: nothing else is read because of them, so no ordering is needed.
struct Board {
  std::uint64_t calls_max = 0;             // set before the first process starts
  std::atomic<std::uint64_t> calls;        // begun so far
  std::atomic<std::uint64_t> last_number;  // of an operation
  std::array<std::atomic<std::uint32_t>, kProcesses> is_to_end;

  // False: there have been enough.
  bool begin_call() { return calls.fetch_add(1, std::memory_order_relaxed) < calls_max; }
  std::uint64_t next_number() { return last_number.fetch_add(1, std::memory_order_relaxed) + 1; }
};

class SharedBoard {
 public:
  // Made by the first one, with a number above 0.
  explicit SharedBoard(const std::string& path, std::uint64_t calls_max = 0)
      : file_(path, calls_max > 0 ? sizeof(Board) : 0), board_(*reinterpret_cast<Board*>(file_.bytes())) {
    if (calls_max > 0) board_.calls_max = calls_max;
  }
  Board& operator*() { return board_; }
  Board* operator->() { return &board_; }

 private:
  SharedFile file_;
  Board& board_;
};

}  // namespace penny::proof::histories
