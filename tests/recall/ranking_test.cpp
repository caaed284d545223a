#include "recall/ranking.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace penny::recall {
namespace {

Candidate candidate(std::uint64_t seq, std::uint32_t words, std::vector<std::uint16_t> hits) {
  Candidate made{.seq = seq, .words = words};
  for (std::size_t term = 0; term < hits.size(); ++term) made.hits[term] = hits[term];
  return made;
}

std::vector<std::uint64_t> order(const std::vector<Candidate>& candidates) {
  std::vector<std::uint64_t> seqs;
  for (const Candidate& each : candidates) seqs.push_back(each.seq);
  return seqs;
}

TEST(Ranking, MoreHitsShorterTextsAndRarerWordsComeFirst) {
  std::vector<Candidate> hits{candidate(1, 10, {1}), candidate(2, 10, {3})};
  rank_best(hits, 1, 100);
  EXPECT_EQ(order(hits), (std::vector<std::uint64_t>{2, 1}));

  std::vector<Candidate> lengths{candidate(1, 5, {1}), candidate(2, 50, {1})};
  rank_best(lengths, 1, 100);
  EXPECT_EQ(order(lengths), (std::vector<std::uint64_t>{1, 2}));

  // Term 0 is in three documents, term 1 in one.
  std::vector<Candidate> rarity{candidate(1, 10, {1, 0}), candidate(2, 10, {1, 0}), candidate(3, 10, {1, 0}),
                                candidate(4, 10, {0, 1})};
  rank_best(rarity, 2, 100);
  EXPECT_EQ(rarity.front().seq, 4U);
}

TEST(Ranking, OfEqualsTheNewestIsFirst) {
  std::vector<Candidate> equals{candidate(3, 10, {1}), candidate(9, 10, {1}), candidate(5, 10, {1})};
  rank_best(equals, 1, 100);
  EXPECT_EQ(order(equals), (std::vector<std::uint64_t>{9, 5, 3}));
  rank_newest(equals);
  EXPECT_EQ(order(equals), (std::vector<std::uint64_t>{9, 5, 3}));
}

TEST(Ranking, IsBm25) {
  std::vector<Candidate> one{candidate(1, 10, {2})};
  rank_best(one, 1, 4);
  // One of four documents, of mean length: ln(1 + 3.5 / 1.5) x 2 x 2.2 / (2 + 1.2).
  EXPECT_DOUBLE_EQ(one[0].score, std::log(1 + 3.5 / 1.5) * 2 * 2.2 / 3.2);
  std::vector<Candidate> none;
  rank_best(none, 1, 0);
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace penny::recall
