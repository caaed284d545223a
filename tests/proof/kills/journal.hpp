#pragma once

// What the writing processes of one store began and what they were told, in a file that survives them.
//
// 1. Each thread of a process has a lane. A process that takes a killed one's place goes on with its lanes.
// 2. A lane is append-only: an event counts once `count` includes it, and is never changed after that. A thread that dies
//    while it writes one leaves no trace of it: then nothing had been begun, or the answer was not heard.
// 3. In a lane one request is under way at a time: `kBegun` (again after each death), then one answer. A later `kBegun` of
//    an older number is a retry of what was answered.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proof/kills/mapped.hpp"

namespace penny::proof::kills {

inline constexpr std::size_t kProcessesMax = 6;
inline constexpr std::size_t kLanes = 2;  // threads of a process that write
inline constexpr std::size_t kEventsMax = 65'536;
inline constexpr std::uint32_t kSpareEvents = 16;  // of a lane that counts as full, for what is under way then
inline constexpr std::size_t kLatesMax = 16'384;
// Of all kinds: the lanes', the committer's, the main one, readers.
inline constexpr std::size_t kThreadsMax = 8;

enum class EventKind : std::uint32_t { kNone, kBegun, kStored, kAlreadyStored, kRefused };

struct Event {
  EventKind kind = EventKind::kNone;
  std::uint32_t life = 0;     // of the process: which of those that had this place
  std::uint32_t request = 0;  // number in its lane
  std::uint32_t code = 0;     // kRefused: the error's
  std::uint64_t digest = 0;   // kBegun: of what is to be stored; of the result when stored
  std::uint64_t rev = 0;      // of the first operation
  std::uint64_t at_ns = 0;    // steady clock, the same for all processes
  std::uint64_t gate_ns = 0;  // what all processes together have spent inside the gate until then
};

// Printable, cut off, and 0 at its end. Written once: the first one stays.
struct Message {
  std::atomic<std::uint32_t> is_written;
  std::array<char, 252> text;

  void write(std::string_view words);
  [[nodiscard]] std::string_view view() const { return text.data(); }
};

// How late a thread was woken, only because the machine was busy.
struct Late {
  std::uint64_t at_ns = 0;
  std::uint64_t late_ns = 0;
};

struct LateLog {
  std::atomic<std::uint32_t> count;
  std::array<Late, kLatesMax> lates;

  // One thread. Nothing more is noted when it is full.
  void append(const Late& late);
  // The most between the two moments.
  [[nodiscard]] std::uint64_t worst(std::uint64_t from_ns, std::uint64_t until_ns) const;
};

struct Lane {
  std::atomic<std::uint32_t> count;
  std::array<Event, kEventsMax> events;

  // The one thread that has the lane.
  void append(const Event& event);
  [[nodiscard]] bool is_full() const { return count.load(std::memory_order_relaxed) + kSpareEvents > kEventsMax; }
};

// A marked point at which the process shall be struck, and by what. Written by the supervisor, while the process is dead or
// `point` is 0.
struct Strike {
  std::atomic<std::uint32_t> point;      // its place in the census and 1; 0: none
  std::atomic<std::uint32_t> countdown;  // at this one that is reached
  std::atomic<std::int32_t> signal;
  std::atomic<std::uint32_t> carried_out;  // as `point`, just before the signal
};

struct ProcessPage {
  std::atomic<std::uint32_t> life;
  std::atomic<std::uint32_t> is_to_end;
  Strike strike;
  std::atomic<std::uint32_t> threads;                              // that reached a point in this life
  std::array<std::atomic<std::uint32_t>, kThreadsMax> last_point;  // of each thread: its place and 1
  std::atomic<std::uint64_t> gate_ns;                              // spent inside the gate, all lives
  std::atomic<std::uint64_t> inside_since_ns;                      // 0: outside
  std::atomic<std::uint64_t> reads;
  std::atomic<std::uint64_t> worst_read_ns;
  std::atomic<std::uint32_t> stops;  // that ended: what it felt across one says nothing
  LateLog lates;
  Message trouble;  // what a process saw that may not happen
  std::array<Lane, kLanes> lanes;
};

struct Journal {
  std::array<ProcessPage, kProcessesMax> processes;

  // By all of them together, until now.
  [[nodiscard]] std::uint64_t gate_ns(std::uint64_t now_ns) const;
};

[[nodiscard]] inline std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

}  // namespace penny::proof::kills
