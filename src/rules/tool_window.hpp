#pragma once

// How calls of a tool are counted: at most so many in any window of time, over all processes of a store. Pure: the moments are handed in.
//
// Time is the clock since the machine was started, which goes on while it sleeps and which nobody sets; it means something only
// together with the boot's id. Across a boot only the time of the day is left: it counts as far as it went forward, and at least as
// much time has passed as the new boot has lasted. So setting the clock back frees nothing, and nobody waits for longer than
// a window after a boot.

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace penny::rules {

struct ToolMoment {
  std::string boot{};               // the boot's id
  std::int64_t boot_time_us = 0;    // since that boot
  std::int64_t time_of_day_us = 0;  // since 1970
};

// What a store remembers of one user's calls of one tool.
struct ToolWindow {
  std::string boot{};
  std::int64_t boot_time_us = 0;    // of the latest permit
  std::int64_t time_of_day_us = 0;  // the same
  // On the clock of `boot`, the latest last: the latest `limits::kToolCallsMax`. Those of an earlier boot are moved onto it, and may be below 0.
  std::vector<std::int64_t> permits_us{};
  bool operator==(const ToolWindow&) const = default;
};

struct ToolPermit {
  ToolWindow window;
  std::uint32_t calls_left = 0;  // in the window that ends now
};

// A permit for a call now, or the time after which one will be free if nobody else takes it. `calls_max` is 1..limits::kToolCallsMax.
[[nodiscard]] std::expected<ToolPermit, std::chrono::microseconds> take_permit(const std::optional<ToolWindow>& before,
                                                                               const ToolMoment& now,
                                                                               std::uint32_t calls_max,
                                                                               std::chrono::seconds window);

}  // namespace penny::rules
