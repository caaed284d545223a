#pragma once

// The page that all processes of a run share: what each one is to do, how far the run is, and what each one measured.
//
// 1. The supervisor writes the plan before it spawns anybody; from then on it is constant.
// 2. `phase` only grows. Who waits for it sleeps on it as a futex.
// 3. A process writes its own part alone; everybody may read it. Numbers are relaxed atomics: they are figures, not
// locks.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/futex.hpp"
#include "cli/stress/histogram.hpp"
#include "cli/stress/shared_memory.hpp"

namespace penny::cli::stress {

inline constexpr std::size_t kThreadsMax = 64;
inline constexpr std::size_t kProcessesMax = 400;
inline constexpr std::size_t kUsersMax = 1000;

enum class Phase : std::uint32_t {
  kPreparing = 0,
  kRunning = 1,
  kStopped = 2,  // no new requests
  kSettled = 3,  // no writer is left; each user's last rev is known
};

enum class Role : std::uint32_t { kWriter = 0, kObserver = 1, kScenario = 2 };

[[nodiscard]] inline std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

struct ThreadBoard {
  std::atomic<std::uint64_t> in_flight_since_ns;  // 0: no request in flight
  std::atomic<std::uint64_t> context_hash;        // scenario 3: of the prompt context that it read at the end
  std::atomic<std::uint64_t> context_rev;
};

struct ProcessBoard {
  // The plan.
  Role role;
  std::uint32_t user;      // place in the script; of an observer: its place among the observers
  std::uint32_t modality;  // as in `Modality`
  std::uint32_t threads;

  // This life.
  std::atomic<std::uint32_t> lives;
  std::atomic<std::uint32_t> ready_threads;
  std::atomic<std::uint64_t> begun_ns;              // spawned, or the begin of the load if that is later
  std::atomic<std::uint64_t> last_acknowledged_ns;  // 0: not yet

  // All lives. `acknowledged` and the waits are of the load's window only.
  std::atomic<std::uint64_t> acknowledged;
  std::atomic<std::uint64_t> refused;
  std::atomic<std::uint64_t> locked;  // refused in the words of a lock
  std::atomic<std::uint64_t> reads;
  std::atomic<std::uint64_t> read_errors;
  std::atomic<std::uint64_t> worst_wait_ns;
  std::atomic<std::uint64_t> worst_idle_ns;  // longest time of a thread without a request in flight
  Histogram waits;
  std::array<ThreadBoard, kThreadsMax> thread;
  std::atomic<std::uint32_t> has_message;
  std::array<char, 300> message;  // the first error, in words
};

struct UserBoard {
  std::uint64_t rev_before;
  std::atomic<std::uint64_t> last_rev;  // set before `kSettled`
};

inline constexpr std::uint64_t kBoardMagic = 0x4452414f424e4550;  // "PENBOARD"

struct BoardHeader {
  std::uint64_t magic;
  std::array<char, 4096> store;
  std::uint64_t seed;
  std::uint32_t processes;
  std::uint32_t users;
  std::uint32_t observers;
  std::uint32_t scenario;  // 1..6, or 0 for the load
  std::uint32_t members;   // threads of all processes that take part in the scenario
  std::int32_t supervisor_pid;
  std::atomic<std::uint32_t> phase;
  std::atomic<std::uint32_t> arrived;  // threads that came to the scenario's meeting point
};

// Raises `value` to at least `candidate`.
inline void raise_to(std::atomic<std::uint64_t>& value, std::uint64_t candidate) {
  std::uint64_t current = value.load(std::memory_order_relaxed);
  while (current < candidate && !value.compare_exchange_weak(current, candidate, std::memory_order_relaxed)) {
  }
}

// A view of the shared memory, which it owns.
class Board {
 public:
  explicit Board(SharedMemory memory) : memory_(std::move(memory)) {}

  static std::size_t bytes_for(std::size_t processes, std::size_t users) {
    return sizeof(BoardHeader) + processes * sizeof(ProcessBoard) + users * sizeof(UserBoard);
  }

  // False if this is somebody else's memory.
  [[nodiscard]] bool is_valid() const { return memory_.size() >= sizeof(BoardHeader) && header().magic == kBoardMagic; }

  [[nodiscard]] BoardHeader& header() const { return *reinterpret_cast<BoardHeader*>(memory_.bytes()); }
  [[nodiscard]] std::span<ProcessBoard> processes() const {
    return {reinterpret_cast<ProcessBoard*>(memory_.bytes() + sizeof(BoardHeader)), header().processes};
  }
  [[nodiscard]] std::span<UserBoard> users() const {
    return {
        reinterpret_cast<UserBoard*>(memory_.bytes() + sizeof(BoardHeader) + header().processes * sizeof(ProcessBoard)),
        header().users};
  }
  [[nodiscard]] std::string_view store() const { return header().store.data(); }
  [[nodiscard]] int descriptor() const { return memory_.descriptor(); }

  [[nodiscard]] Phase phase() const { return static_cast<Phase>(header().phase.load(std::memory_order_acquire)); }
  void set_phase(Phase phase) const {
    header().phase.store(static_cast<std::uint32_t>(phase), std::memory_order_release);
    base::futex_wake_shared(header().phase);
  }
  // Blocks until the phase is reached.
  void wait_for(Phase phase) const {
    for (;;) {
      const std::uint32_t seen = header().phase.load(std::memory_order_acquire);
      if (seen >= static_cast<std::uint32_t>(phase)) return;
      base::futex_wait_shared(header().phase, seen, std::chrono::steady_clock::time_point::max());
    }
  }

 private:
  SharedMemory memory_;
};

// Keeps the first error that a process meets.
inline void note_message(ProcessBoard& process, std::string_view text) {
  std::uint32_t none = 0;
  if (!process.has_message.compare_exchange_strong(none, 1)) return;
  const std::size_t size = std::min(text.size(), process.message.size() - 1);
  std::memcpy(process.message.data(), text.data(), size);
  process.message[size] = '\0';
  process.has_message.store(2, std::memory_order_release);
}

}  // namespace penny::cli::stress
