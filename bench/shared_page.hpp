#pragma once

// Memory that the driver of the benchmark shares with its worker processes: what each shall do, when all begin, and
// what they measured. One page per run, so no run sees the figures of another.

#include <time.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "bench/contender.hpp"
#include "bench/statistics.hpp"
#include "bench/workload.hpp"

namespace penny::bench {

enum class Role : std::uint32_t { kPrefill, kWrite, kAccount, kRead, kWatch };

// What one worker process shall do. Written by the driver before it starts the worker.
struct Order {
  Role role = Role::kWrite;
  Contender contender = Contender::kPenny;
  Task task = Task::kTurns;
  bool has_search = false;
  std::uint32_t threads = 1;
  std::uint32_t first_writer = 0;  // place in `SharedPage::writers` of its first thread
  std::uint64_t seed = 0;
  bool is_first_writer_watched = false;  // then that one writes for the watched user alone
  std::uint32_t pause_us = 0;            // between the writes of a watched writer
  std::array<char, 512> path{};          // of the store, with a 0 behind it
};

// Of one writer. Written by its thread, read by the driver once the process has ended.
struct alignas(64) WriterRecord {
  std::uint64_t stored_in_window = 0;
  std::uint64_t stored = 0;   // those included whose acknowledgement came after the window
  std::uint64_t refused = 0;  // certainly not stored
  std::uint64_t unknown = 0;  // it may be stored or not
  // A wait that is not over when the window ends counts as long as it had lasted by then.
  Histogram waits;
};

// What a fresh process found in the store after a run.
struct Account {
  std::uint64_t turns = 0;
  std::uint64_t raises = 0;
  std::array<char, 1024> problem{};  // with a 0 behind it; empty if there is none
};

// When changes of the watched user were acknowledged and when the watcher held them, by rev; 0: not (yet).
struct WatchRecord {
  static constexpr std::size_t kRevsMax = std::size_t{1} << 17;
  std::array<std::atomic<std::uint64_t>, kRevsMax> acknowledged_ns;
  std::array<std::atomic<std::uint64_t>, kRevsMax> held_ns;
  std::atomic<std::uint64_t> last_rev;  // of the watched writer, once it has ended
};

struct SharedPage {
  std::array<Order, kProcessesMax> orders;
  std::atomic<std::uint32_t> ready;     // writers, readers and watchers that wait for the window
  std::atomic<std::uint64_t> begin_ns;  // of the window, CLOCK_MONOTONIC; 0 until the driver knows it
  std::atomic<std::uint64_t> end_ns;    // stored before `begin_ns` is
  std::array<WriterRecord, kWritersMax> writers;
  std::atomic<std::uint64_t> searchable_ns;  // when everything that was stored could be found; 0: nobody asked
  Histogram reads;
  Account account;
  WatchRecord watch;
};

[[nodiscard]] inline std::uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

// One mapping of a page. Unmaps it at its end.
class SharedMemory {
 public:
  SharedMemory();                         // a new page, all zero
  explicit SharedMemory(int descriptor);  // the page that the driver made
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  [[nodiscard]] SharedPage& page() const { return *page_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }  // stays open in a process that is started

 private:
  int descriptor_ = -1;
  SharedPage* page_ = nullptr;
};

}  // namespace penny::bench
