#include "rules/tool_window.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <penny/limits.hpp>

namespace penny::rules {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::uint32_t kCalls = 5;
constexpr seconds kWindow{60};
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;
constexpr std::int64_t kNoon = 20'000 * kDay;

ToolMoment at(std::int64_t boot_time_us, std::int64_t time_of_day_us = kNoon, std::string boot = "a") {
  return {.boot = std::move(boot), .boot_time_us = boot_time_us, .time_of_day_us = time_of_day_us};
}

// Five calls, one a second, of which the last was at this moment.
ToolWindow full_at(const ToolMoment& last) {
  std::optional<ToolWindow> window;
  for (int i = 4; i >= 0; --i) {
    ToolMoment moment = last;
    moment.boot_time_us -= i * kSecond;
    moment.time_of_day_us -= i * kSecond;
    window = take_permit(window, moment, kCalls, kWindow).value().window;
  }
  return *window;
}

// Seconds until a call is free; 0: it is.
double free_in(const std::optional<ToolWindow>& window, const ToolMoment& now) {
  const auto taken = take_permit(window, now, kCalls, kWindow);
  return taken ? 0 : std::chrono::duration<double>(taken.error()).count();
}

TEST(ToolWindow, GivesSoManyPermitsAndThenSaysWhenTheNextIsFree) {
  std::optional<ToolWindow> window;
  for (std::uint32_t call = 0; call < kCalls; ++call) {
    const auto taken = take_permit(window, at(call * kSecond), kCalls, kWindow);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->calls_left, kCalls - call - 1);
    window = taken->window;
  }
  EXPECT_EQ(free_in(window, at(10 * kSecond)), 50);
  EXPECT_EQ(free_in(window, at(60 * kSecond - 1)), 1e-6);
  EXPECT_EQ(free_in(window, at(60 * kSecond)), 0);
}

TEST(ToolWindow, AClockThatJumpsFreesNothing) {
  const std::int64_t last = 1'000 * kSecond;
  const ToolWindow full = full_at(at(last));
  struct Jump {
    const char* what;
    ToolMoment now;
    double free_in;
  };
  const std::vector<Jump> jumps{
      {"nothing", at(last + 10 * kSecond, kNoon + 10 * kSecond), 46},
      {"the time of the day 1 year back", at(last + 10 * kSecond, kNoon - 365 * kDay), 46},
      {"the time of the day 10 years ahead", at(last + 10 * kSecond, kNoon + 3'650 * kDay), 46},
      {"the time of the day 1 ms back", at(last + 10 * kSecond, kNoon - 1'000), 46},
      {"asleep for an hour, which the boot's clock counts", at(last + 3'600 * kSecond, kNoon + 3'600 * kSecond), 0},
      {"booted, 20 s later", at(5 * kSecond, kNoon + 20 * kSecond, "b"), 36},
      {"booted, an hour later", at(5 * kSecond, kNoon + 3'600 * kSecond, "b"), 0},
      {"booted, and the time of the day 1 year back", at(5 * kSecond, kNoon - 365 * kDay, "b"), 51},
      {"booted, and 1 ms back", at(5 * kSecond, kNoon - 1'000, "b"), 51},
      {"booted, 1 year back, and up for a minute", at(60 * kSecond, kNoon - 365 * kDay, "b"), 0},
      // The time of the day is all there is then.
      {"booted, and 10 years ahead", at(5 * kSecond, kNoon + 3'650 * kDay, "b"), 0},
      {"another clock of the same boot, 20 s later", at(3 * kSecond, kNoon + 20 * kSecond), 36},
      {"another clock of the same boot, and 1 year back", at(3 * kSecond, kNoon - 365 * kDay), 56},
  };
  for (const Jump& jump : jumps) EXPECT_DOUBLE_EQ(free_in(full, jump.now), jump.free_in) << jump.what;
}

TEST(ToolWindow, ATimeThatWasSetAheadBeforeABootLocksNobodyOutForLong) {
  ToolWindow window = full_at(at(1'000 * kSecond, kNoon + 3'650 * kDay));
  EXPECT_DOUBLE_EQ(free_in(window, at(10 * kSecond, kNoon, "b")), 46);
  EXPECT_DOUBLE_EQ(free_in(window, at(60 * kSecond, kNoon, "b")), 0);
}

TEST(ToolWindow, ALowerLimitCountsWhatAHigherOneGave) {
  std::optional<ToolWindow> window;
  for (int call = 0; call < 10; ++call) window = take_permit(window, at(call * kSecond), 10, kWindow).value().window;
  const auto refused = take_permit(window, at(10 * kSecond), 2, kWindow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), seconds(58));  // once the ninth has left, one of two is free
}

RC_GTEST_PROP(ToolWindow, NeverGivesMoreThanItsLimitInAnyWindowWhateverTheTimeOfTheDay, ()) {
  const auto calls_max = static_cast<std::uint32_t>(*rc::gen::inRange(1, static_cast<int>(limits::kToolCallsMax) + 1));
  const auto window_s = seconds(*rc::gen::inRange(1, 3'601));
  std::optional<ToolWindow> window;
  std::int64_t boot_time_us = *rc::gen::inRange<std::int64_t>(0, kDay);
  std::deque<std::int64_t> given;
  for (int i = 0; i < 300; ++i) {
    boot_time_us += *rc::gen::inRange<std::int64_t>(0, microseconds(window_s).count() / 4);
    const auto taken =
        take_permit(window, at(boot_time_us, *rc::gen::inRange<std::int64_t>(0, 30'000 * kDay)), calls_max, window_s);
    while (!given.empty() && given.front() <= boot_time_us - microseconds(window_s).count()) given.pop_front();
    RC_ASSERT(taken.has_value() == (given.size() < calls_max));
    if (!taken) {
      RC_ASSERT(taken.error() ==
                microseconds(given[given.size() - calls_max] + microseconds(window_s).count() - boot_time_us));
      continue;
    }
    given.push_back(boot_time_us);
    window = taken->window;
    RC_ASSERT(taken->calls_left == calls_max - given.size());
  }
}

}  // namespace
}  // namespace penny::rules
