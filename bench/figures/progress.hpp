#pragma once

// How far a measurement is, on standard error: at most one line in two seconds.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include <fmt/core.h>

namespace penny::figures {

template <class... Values>
void say(fmt::format_string<Values...> format, Values&&... values) {
  fmt::print(stderr, "{}\n", fmt::format(format, std::forward<Values>(values)...));
}

// Used by one thread at a time.
class Progress {
 public:
  explicit Progress(std::string_view what) : what_(what) {}

  void show(std::uint64_t done, std::uint64_t of) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::seconds(2);
    say("{}: {} of {}", what_, done, of);
  }

 private:
  std::string_view what_;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + std::chrono::seconds(2);
};

}  // namespace penny::figures
