// What `penny stress` computes from what it counted.

#include <array>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "cli/stress/fairness.hpp"
#include "cli/stress/histogram.hpp"

namespace penny::cli::stress {
namespace {

TEST(Fairness, IsOneWhenAllHaveTheSame) {
  const std::array<std::uint64_t, 4> counts{7, 7, 7, 7};
  const Fairness fairness = fairness_of(counts);
  EXPECT_DOUBLE_EQ(fairness.jain, 1.0);
  EXPECT_DOUBLE_EQ(fairness.fewest_of_most, 1.0);
}

TEST(Fairness, IsTheShareOfOneWhenOneHasAll) {
  const std::array<std::uint64_t, 4> counts{0, 12, 0, 0};
  const Fairness fairness = fairness_of(counts);
  EXPECT_DOUBLE_EQ(fairness.jain, 0.25);
  EXPECT_DOUBLE_EQ(fairness.fewest_of_most, 0.0);
}

TEST(Fairness, IsNothingWhenNobodyHasAnything) {
  const std::array<std::uint64_t, 2> counts{0, 0};
  EXPECT_DOUBLE_EQ(fairness_of(counts).jain, 0.0);
}

TEST(Histogram, HasNoQuantileWhileItIsEmpty) { EXPECT_DOUBLE_EQ(Histogram().quantile_ns(0.5), 0.0); }

TEST(Histogram, TellsTheBulkFromTheTail) {
  Histogram waits;
  for (int i = 0; i < 99; ++i) waits.add(1'000'000);
  waits.add(500'000'000);
  EXPECT_NEAR(waits.quantile_ns(0.50), 1e6, 0.05e6);
  EXPECT_NEAR(waits.quantile_ns(0.99), 1e6, 0.05e6);
  EXPECT_NEAR(waits.quantile_ns(1.00), 5e8, 0.25e8);
}

RC_GTEST_PROP(Histogram, IsWithinOneBucketOfEveryWait, ()) {
  const auto ns = *rc::gen::inRange<std::uint64_t>(1'100, 60'000'000'000);
  Histogram waits;
  waits.add(ns);
  const double found = waits.quantile_ns(0.5);
  RC_ASSERT(std::abs(found - static_cast<double>(ns)) <= 0.04 * static_cast<double>(ns));
}

RC_GTEST_PROP(Histogram, AddsUpToOneOfAll, (std::vector<std::uint32_t> first, std::vector<std::uint32_t> second)) {
  Histogram one;
  Histogram other;
  Histogram all;
  for (const auto ns : first) one.add(ns), all.add(ns);
  for (const auto ns : second) other.add(ns), all.add(ns);
  one.add(other);
  for (const double fraction : {0.1, 0.5, 0.99}) RC_ASSERT(one.quantile_ns(fraction) == all.quantile_ns(fraction));
}

}  // namespace
}  // namespace penny::cli::stress
