#pragma once

// The marked points (`base::proof::reach` in src/) as targets: where a process kills or stops itself.
//
// A point is a target as soon as any process has reached it once: it then has a line in the census. Those in `kDemanded` are
// in it from the begin, and a run in which one of them was not hit is red.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proof/kills/journal.hpp"

namespace penny::proof::kills {

inline constexpr std::size_t kPointsMax = 128;

enum class Place : std::uint8_t {
  kAnywhere,
  kCreating,    // reached only while the store is made
  kOpening,     // once in the life of a process
  kCheckpoint,  // now and then, by whoever is inside
};

struct Point {
  std::string_view name;
  bool is_in_gate;  // whoever stops there stops all writers
  std::string_view meaning;
};
// The places that the proof must hit. A point that is new in src/ becomes a target by itself; a line here demands it.
[[nodiscard]] std::span<const Point> demanded_points();

// By the first word of the name: `create.`, `open.`, `checkpoint.`.
[[nodiscard]] Place place_of(std::string_view name);

// All points that any process has reached, in shared memory. Lines are only added.
class Census {
 public:
  struct Line {
    std::atomic<std::uint32_t> state;  // free, being written, written
    std::array<char, 60> name;
  };

  // The supervisor, once.
  void add_demanded();
  // Any thread of any process: the line's place, which is made if it is not there. kPointsMax: all are taken.
  [[nodiscard]] std::size_t place_of(std::string_view name);
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
  // Empty: nothing is written there.
  [[nodiscard]] std::string_view name(std::size_t place) const;

  // How often a process was struck there. The supervisor's threads.
  void count_hit(std::size_t place) { hits_.at(place).fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t hits(std::size_t place) const { return hits_.at(place).load(std::memory_order_relaxed); }
  // The first demanded point that was not hit.
  [[nodiscard]] const Point* missing() const;

 private:
  std::array<Line, kPointsMax> lines_;
  std::array<std::atomic<std::uint64_t>, kPointsMax> hits_;
};

// From now on this process carries out what `page` orders, notes the last point of each thread there, and counts its time
// inside the gate. Also makes points of SQLite's own writes, in a COMMIT and in a checkpoint. Both outlive the process's
// use of the store. Before threads are started, once.
void watch_points(Census& census, ProcessPage& page);

}  // namespace penny::proof::kills
