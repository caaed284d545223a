#include "backend/sqlite/quick_matches.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace penny::backend::sqlite {
namespace {

using Seqs = std::vector<std::uint64_t>;

TEST(QuickMatches, ADocumentHasAllOfItsWords) {
  QuickMatches matches;
  matches.add(0, Seqs{9, 5, 1});
  matches.add(2, Seqs{7, 5});
  matches.add(1, Seqs{});
  const auto candidates = matches.candidates(10);
  ASSERT_EQ(candidates.size(), 4U);
  Seqs seqs;
  for (const model::Candidate& candidate : candidates) seqs.push_back(candidate.seq);
  EXPECT_EQ(seqs, (Seqs{9, 7, 5, 1}));
  EXPECT_EQ(candidates[2].hits[0], 1);
  EXPECT_EQ(candidates[2].hits[1], 0);
  EXPECT_EQ(candidates[2].hits[2], 1);
  EXPECT_EQ(candidates[2].words, 1U);
}

TEST(QuickMatches, OfThoseWithTheSameWordsTheNewestStay) {
  QuickMatches matches;
  matches.add(0, Seqs{9, 8, 7, 6, 2});
  matches.add(31, Seqs{2, 1});
  const auto candidates = matches.candidates(2);
  Seqs seqs;
  for (const model::Candidate& candidate : candidates) seqs.push_back(candidate.seq);
  EXPECT_EQ(seqs, (Seqs{9, 8, 2, 1}));
  EXPECT_EQ(candidates[3].hits[31], 1);
}

}  // namespace
}  // namespace penny::backend::sqlite
