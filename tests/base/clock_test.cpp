#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace penny::base {
namespace {

TEST(Clock, NowIsTheSystemsTimeInWholeMicroseconds) {
  const auto before = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const Time time = now();
  const auto after = std::chrono::system_clock::now();
  EXPECT_GE(time, before);
  EXPECT_LE(time, after);
}

}  // namespace
}  // namespace penny::base
