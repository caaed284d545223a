#pragma once

// The clocks: one for people, one for deadlines, and one that processes share and nobody sets.

#include <chrono>
#include <string>

#include <penny/id.hpp>

namespace penny::base {

// For deadlines and durations; never goes back.
using Instant = std::chrono::steady_clock::time_point;

// The time of the day, for people. May step back.
[[nodiscard]] Time now();

// Since the machine was started; goes on while it sleeps. It means something only together with the boot's id, and a container may
// see it with an offset.
struct BootTime {
  std::string boot;
  std::chrono::microseconds since_boot{};
};
[[nodiscard]] BootTime boot_time();

// What `now` and `boot_time` answer instead. For tests, before there are other threads.
struct Clocks {
  Time (*now)();
  BootTime (*boot_time)();
};
void set_clocks(const Clocks& clocks);

}  // namespace penny::base
