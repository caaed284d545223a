#include "base/clock.hpp"

#include <ctime>

#include "base/process.hpp"

namespace penny::base {
namespace {

Time time_of_day() { return std::chrono::floor<Time::duration>(std::chrono::system_clock::now()); }

BootTime time_since_boot() {
  static const std::string boot = boot_id();
  timespec time{};
  (void)clock_gettime(CLOCK_BOOTTIME, &time);
  return {.boot = boot,
          .since_boot = std::chrono::floor<std::chrono::microseconds>(std::chrono::seconds(time.tv_sec) +
                                                                      std::chrono::nanoseconds(time.tv_nsec))};
}

Clocks& clocks() {
  static Clocks clocks{.now = time_of_day, .boot_time = time_since_boot};
  return clocks;
}

}  // namespace

Time now() { return clocks().now(); }

BootTime boot_time() { return clocks().boot_time(); }

void set_clocks(const Clocks& replaced) { clocks() = replaced; }

}  // namespace penny::base
