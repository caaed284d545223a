#pragma once

// Ctrl-C ends a measurement in order: its processes are ended and its folder is removed.

#include <chrono>

namespace penny::figures {

// From now on SIGINT and SIGTERM only set a mark.
void end_in_order_when_interrupted();

// Any thread.
[[nodiscard]] bool is_interrupted();

// Throws `std::runtime_error`.
void throw_if_interrupted();

// Sleeps, and throws when the mark is set meanwhile.
void pause(std::chrono::milliseconds duration);

}  // namespace penny::figures
