#include "bench/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penny::bench {
namespace {

// From below a microsecond to some minutes, each size as likely as the others.
rc::Gen<std::uint64_t> any_duration() {
  return rc::gen::map(rc::gen::pair(rc::gen::inRange(1, 39), rc::gen::arbitrary<std::uint64_t>()),
                      [](const auto& drawn) { return drawn.second & ((std::uint64_t{1} << drawn.first) - 1); });
}

std::uint64_t exact_percentile(std::vector<std::uint64_t> values, double fraction) {
  std::ranges::sort(values);
  const auto rank = static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

TEST(Histogram, IsZeroWhileEmpty) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.worst_ns(), 0U);
  EXPECT_EQ(histogram.percentile_ns(0.5), 0);
}

TEST(Histogram, CountsShortDurationsExactly) {
  Histogram histogram;
  for (std::uint64_t ns = 0; ns < 64; ++ns) histogram.record(ns);
  EXPECT_EQ(histogram.percentile_ns(0.5), 31);
  EXPECT_EQ(histogram.percentile_ns(1), 63);
}

TEST(Histogram, KeepsTheWorstExactlyBeyondItsLastBucket) {
  Histogram histogram;
  constexpr std::uint64_t kDayNs = 86'400'000'000'000;
  histogram.record(kDayNs);
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_EQ(histogram.worst_ns(), kDayNs);
  EXPECT_GT(histogram.percentile_ns(0.5), 1e12);
}

TEST(Histogram, FindsOneSlowWriteAmongAThousand) {
  Histogram histogram;
  for (int write = 0; write < 999; ++write) histogram.record(1'000'000);
  histogram.record(5'000'000'000);
  EXPECT_NEAR(histogram.percentile_ns(0.999), 1e6, 1e6 / 64);
  EXPECT_EQ(histogram.percentile_ns(1), 5e9);
}

RC_GTEST_PROP(Histogram, PercentilesAreAtMostASixtyFourthOff, ()) {
  const auto durations = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::uint64_t>>(any_duration()));
  const double fraction = static_cast<double>(*rc::gen::inRange(0, 1001)) / 1000;
  Histogram histogram;
  for (const std::uint64_t duration : durations) histogram.record(duration);
  const auto exact = static_cast<double>(exact_percentile(durations, fraction));
  RC_ASSERT(std::abs(histogram.percentile_ns(fraction) - exact) <= exact / 64);
}

RC_GTEST_PROP(Histogram, MergedCountsAreThoseOfAllTogether, ()) {
  const auto first = *rc::gen::container<std::vector<std::uint64_t>>(any_duration());
  const auto second = *rc::gen::container<std::vector<std::uint64_t>>(any_duration());
  Histogram merged;
  Histogram other;
  Histogram all;
  for (const std::uint64_t duration : first) merged.record(duration);
  for (const std::uint64_t duration : second) other.record(duration);
  for (const auto* durations : {&first, &second}) {
    for (const std::uint64_t duration : *durations) all.record(duration);
  }
  merged.merge(other);
  RC_ASSERT(merged.count() == all.count());
  RC_ASSERT(merged.worst_ns() == all.worst_ns());
  for (const double fraction : {0.0, 0.5, 0.99, 1.0}) {
    RC_ASSERT(merged.percentile_ns(fraction) == all.percentile_ns(fraction));
  }
}

TEST(Median, IsTheMiddleOfAnOddNumberAndTheMeanOfTwoOtherwise) {
  EXPECT_EQ(median({7}), 7);
  EXPECT_EQ(median({9, 1, 5}), 5);
  EXPECT_EQ(median({10, 1, 2, 4}), 3);
}

TEST(Median, OfNothingIsRefused) { EXPECT_THROW((void)median({}), std::invalid_argument); }

TEST(Summary, HoldsTheMedianAndTheSpread) {
  const Summary summary = summarize({30, 10, 20});
  EXPECT_EQ(summary.median, 20);
  EXPECT_EQ(summary.min, 10);
  EXPECT_EQ(summary.max, 30);
}

// The disk was twice as fast in the second round for both: the ratio does not see it.
TEST(Ratios, AreTakenRoundByRound) {
  const std::vector<double> ours{100, 200, 90};
  const std::vector<double> theirs{50, 100, 30};
  const Summary ratio = summarize_ratios(ours, theirs);
  EXPECT_EQ(ratio.median, 2);
  EXPECT_EQ(ratio.min, 2);
  EXPECT_EQ(ratio.max, 3);
}

TEST(Ratios, NeedARivalInEachRound) {
  const std::vector<double> ours{100, 200};
  const std::vector<double> theirs{50};
  EXPECT_THROW((void)summarize_ratios(ours, theirs), std::invalid_argument);
}

}  // namespace
}  // namespace penny::bench
