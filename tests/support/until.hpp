#pragma once

// Waiting for a condition that another thread or process brings about, for as long as a slow machine may need.

#include <chrono>
#include <thread>

namespace penny::test {

inline constexpr std::chrono::milliseconds kPatience{30'000};

// Asks again and again. False: not within `patience`.
template <class Condition>
bool until(Condition&& condition, std::chrono::milliseconds patience = kPatience,
           std::chrono::microseconds between = std::chrono::microseconds(200)) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(between);
  }
  return true;
}

}  // namespace penny::test
