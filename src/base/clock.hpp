#pragma once

// The two clocks: one for people, one for deadlines.

#include <chrono>

#include <penny/id.hpp>

namespace penny::base {

// For deadlines and durations; never goes back.
using Instant = std::chrono::steady_clock::time_point;

// The time of the day, for people. May step back.
[[nodiscard]] Time now();

}  // namespace penny::base
