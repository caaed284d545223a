#include "rules/tool_window.hpp"

#include <algorithm>
#include <utility>

#include <penny/limits.hpp>

#include "base/proof.hpp"

namespace penny::rules {
namespace {

// The window with its permits on the clock of `now`.
ToolWindow moved_to(const ToolWindow& before, const ToolMoment& now) {
  // A clock that is behind, though the boot is the same, is another one: of a container, say, which has an offset.
  const bool is_same_clock = before.boot == now.boot && before.boot_time_us <= now.boot_time_us;
  ToolWindow moved = before;
  if (!is_same_clock) {
    std::int64_t passed_us = std::max<std::int64_t>(0, now.time_of_day_us - before.time_of_day_us);
    if (before.boot != now.boot) passed_us = std::max(passed_us, now.boot_time_us);
    if (base::proof::is_planted("boot_frees_all_calls")) passed_us = now.boot_time_us + before.boot_time_us;
    const std::int64_t shift_us = now.boot_time_us - (before.boot_time_us + passed_us);
    for (std::int64_t& permit_us : moved.permits_us) permit_us += shift_us;
  }
  moved.boot = now.boot;
  moved.boot_time_us = now.boot_time_us;
  moved.time_of_day_us = now.time_of_day_us;
  return moved;
}

}  // namespace

std::expected<ToolPermit, std::chrono::microseconds> take_permit(const std::optional<ToolWindow>& before,
                                                                 const ToolMoment& now, std::uint32_t calls_max,
                                                                 std::chrono::seconds window) {
  ToolWindow after = before ? moved_to(*before, now) : moved_to({.boot = now.boot}, now);
  std::vector<std::int64_t>& permits_us = after.permits_us;
  const std::int64_t window_us = std::chrono::microseconds(window).count();
  const std::int64_t begin_us = now.boot_time_us - window_us;
  const auto inside = std::ranges::count_if(permits_us, [&](std::int64_t permit_us) { return permit_us > begin_us; });
  if (inside >= calls_max && !base::proof::is_planted("tool_calls_not_counted")) {
    // Free once only calls_max - 1 of them are left in the window.
    const std::int64_t leaves_us = permits_us[permits_us.size() - calls_max];
    return std::unexpected(std::chrono::microseconds(leaves_us - begin_us));
  }
  permits_us.push_back(now.boot_time_us);
  if (permits_us.size() > limits::kToolCallsMax) permits_us.erase(permits_us.begin());
  return ToolPermit{.window = std::move(after), .calls_left = calls_max - static_cast<std::uint32_t>(inside) - 1};
}

}  // namespace penny::rules
