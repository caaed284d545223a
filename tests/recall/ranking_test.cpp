#include "recall/ranking.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

namespace penny::recall {
namespace {

using model::Candidate;

Candidate candidate(std::uint64_t seq, std::uint32_t words, std::vector<std::uint16_t> hits) {
  Candidate made{.seq = seq, .words = words};
  for (std::size_t term = 0; term < hits.size(); ++term) made.hits[term] = hits[term];
  return made;
}

// What comes out of it, with the scores.
std::vector<Candidate> ranked(std::vector<Candidate> items, std::size_t terms, std::uint64_t documents,
                              SearchOrder order = SearchOrder::kBest) {
  model::Candidates candidates{.items = std::move(items), .terms = terms, .documents = documents};
  rank(candidates, order);
  return candidates.items;
}

std::vector<std::uint64_t> order_of(const std::vector<Candidate>& candidates) {
  std::vector<std::uint64_t> seqs;
  for (const Candidate& each : candidates) seqs.push_back(each.seq);
  return seqs;
}

TEST(Ranking, MoreHitsShorterTextsAndRarerWordsComeFirst) {
  EXPECT_EQ(order_of(ranked({candidate(1, 10, {1}), candidate(2, 10, {3})}, 1, 100)),
            (std::vector<std::uint64_t>{2, 1}));
  EXPECT_EQ(order_of(ranked({candidate(1, 5, {1}), candidate(2, 50, {1})}, 1, 100)),
            (std::vector<std::uint64_t>{1, 2}));
  // Term 0 is in three documents, term 1 in one.
  EXPECT_EQ(
      ranked({candidate(1, 10, {1, 0}), candidate(2, 10, {1, 0}), candidate(3, 10, {1, 0}), candidate(4, 10, {0, 1})},
             2, 100)
          .front()
          .seq,
      4U);
}

TEST(Ranking, OfEqualsTheNewestIsFirst) {
  const std::vector<Candidate> equals{candidate(3, 10, {1}), candidate(9, 10, {1}), candidate(5, 10, {1})};
  EXPECT_EQ(order_of(ranked(equals, 1, 100)), (std::vector<std::uint64_t>{9, 5, 3}));
}

TEST(Ranking, ByAgeNothingElseCounts) {
  const auto newest =
      ranked({candidate(3, 10, {9}), candidate(9, 500, {1}), candidate(5, 10, {1})}, 1, 100, SearchOrder::kNewest);
  EXPECT_EQ(order_of(newest), (std::vector<std::uint64_t>{9, 5, 3}));
  EXPECT_EQ(newest.back().score, 0);
}

TEST(Ranking, AWordThatOthersHaveTooCountsForLess) {
  model::Candidates candidates{
      .items = {candidate(1, 1, {1, 0}), candidate(2, 1, {0, 1})}, .terms = 2, .documents = 100};
  rank(candidates, SearchOrder::kBest);
  EXPECT_EQ(candidates.items.front().seq, 2U);  // as rare: the newer
  for (model::Candidate& each : candidates.items) each.score = 0;
  candidates.more_with[1] = 50;
  rank(candidates, SearchOrder::kBest);
  EXPECT_EQ(candidates.items.front().seq, 1U);
  EXPECT_DOUBLE_EQ(candidates.items.back().score, std::log(1 + 49.5 / 51.5));
}

TEST(Ranking, IsBm25) {
  // One of four documents, of mean length: ln(1 + 3.5 / 1.5) x 2 x 2.2 / (2 + 1.2).
  EXPECT_DOUBLE_EQ(ranked({candidate(1, 10, {2})}, 1, 4)[0].score, std::log(1 + 3.5 / 1.5) * 2 * 2.2 / 3.2);
  EXPECT_TRUE(ranked({}, 1, 0).empty());
}

}  // namespace
}  // namespace penny::recall
