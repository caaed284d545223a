#include "bench/workload.hpp"

#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penny::bench {
namespace {

TEST(Workload, TextsHaveTheirSizes) {
  const Texts texts(1);
  for (const auto& text : texts.inputs()) EXPECT_EQ(text.size(), kInputBytes);
  for (const auto& text : texts.responses()) EXPECT_EQ(text.size(), kResponseBytes);
}

TEST(Workload, TheSameSeedGivesTheSameTextsAndAnotherOthers) {
  EXPECT_EQ(Texts(1).responses(), Texts(1).responses());
  EXPECT_NE(Texts(1).responses(), Texts(2).responses());
}

TEST(Workload, FewWordsAreUsedOftenAndManyRarely) {
  const Texts texts(1);
  std::map<std::string, int> uses;
  int words = 0;
  for (const auto& text : texts.responses()) {
    std::istringstream stream(text);
    for (std::string word; stream >> word; ++words) ++uses[word];
  }
  std::multiset<int, std::greater<>> by_use;
  for (const auto& [word, count] : uses) by_use.insert(count);
  int ten_most_used = 0;
  int rank = 0;
  for (const int count : by_use) {
    if (rank++ < 10) ten_most_used += count;
  }
  // Of 20,000 words at 1/rank the first ten make up 28 %.
  EXPECT_NEAR(static_cast<double>(ten_most_used) / words, 0.28, 0.05);
  EXPECT_GT(uses.size(), 5000U);
}

TEST(Workload, AllUsersWriteAboutAsOften) {
  const Texts texts(1);
  Writes writes(texts, 7);
  std::vector<int> counts(kUsers);
  constexpr int kTurnsOfAUser = 100;
  for (std::uint32_t draw = 0; draw < kUsers * kTurnsOfAUser; ++draw) ++counts.at(writes.next().user);
  for (const int count : counts) EXPECT_NEAR(count, kTurnsOfAUser, 60);
}

TEST(Workload, IdsAreNeverUsedTwiceAndCarryTheTime) {
  const Texts texts(1);
  Writes writes(texts, 7);
  std::set<OperationId> ids;
  for (int draw = 0; draw < 1000; ++draw) {
    const Write write = writes.next_of(3);
    EXPECT_EQ(write.user, 3U);
    EXPECT_TRUE(write.id.time().has_value());
    ids.insert(write.id);
  }
  EXPECT_EQ(ids.size(), 1000U);
}

// 2^24 raises would reach 1, where a dimension is clamped and a lost raise would not show.
TEST(Workload, ManyRaisesAddUpExactly) {
  double value = 0;
  constexpr int kRaises = 1'000'000;
  for (int raise = 0; raise < kRaises; ++raise) value += kRaiseStep;
  EXPECT_EQ(value, kRaises * kRaiseStep);
  EXPECT_LT(value, 1);
}

TEST(Workload, NoneHasMoreWritersThanTheSharedPageHasPlaces) {
  for (const auto& workload : kWriteWorkloads) {
    EXPECT_LE(workload.writers(), kWritersMax);
    EXPECT_LT(workload.processes, kProcessesMax);
  }
}

}  // namespace
}  // namespace penny::bench
