#include "bench/figures/speech.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penny::figures {
namespace {

constexpr std::uint32_t kUsers = 50;

TEST(Speech, ATurnFollowsFromSeedAndNumberAlone) {
  const Speech one(1);
  const Speech same(1);
  const Speech other(2);
  EXPECT_EQ(one.turn(1'234, kUsers).assistant_response, same.turn(1'234, kUsers).assistant_response);
  EXPECT_EQ(one.turn(1'234, kUsers).user, same.turn(1'234, kUsers).user);
  EXPECT_NE(one.turn(1'234, kUsers).assistant_response, one.turn(1'235, kUsers).assistant_response);
  EXPECT_NE(one.turn(1'234, kUsers).assistant_response, other.turn(1'234, kUsers).assistant_response);
}

TEST(Speech, AllWordsAreDifferent) {
  const Speech speech(1);
  std::set<std::string_view> words;
  for (std::uint32_t rank = 0; rank < Speech::kWords; ++rank) words.insert(speech.word(rank));
  EXPECT_EQ(words.size(), Speech::kWords);
}

TEST(Speech, TurnsAreAsLongAsTheyAreSaidToBe) {
  const Speech speech(1);
  constexpr int kTurns = 2'000;
  double words = 0;
  for (int number = 0; number < kTurns; ++number) {
    const auto ranks = speech.ranks(static_cast<std::uint64_t>(number));
    EXPECT_GE(ranks.input.size(), 8U);
    EXPECT_LE(ranks.input.size(), 16U);
    EXPECT_GE(ranks.response.size(), 20U);
    EXPECT_LE(ranks.response.size(), 50U);
    words += static_cast<double>(ranks.input.size() + ranks.response.size());
  }
  EXPECT_NEAR(words / kTurns, Speech::kWordsOfATurn, 1);
}

TEST(Speech, TheTextsAreTheWordsOfTheRanks) {
  const Speech speech(1);
  const auto ranks = speech.ranks(77);
  std::string text = speech.turn(77, kUsers).user_input;
  std::erase(text, '.');
  std::ranges::transform(text, text.begin(), [](unsigned char letter) { return std::tolower(letter); });
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  ASSERT_EQ(words.size(), ranks.input.size());
  for (std::size_t place = 0; place < words.size(); ++place) EXPECT_EQ(words[place], speech.word(ranks.input[place]));
}

// Of 30,000 words at 1/rank the first makes up 9.2 %, and the hundred first ones 48 %.
TEST(Speech, FewWordsAreUsedOftenAndManyRarely) {
  const Speech speech(1);
  std::map<std::uint32_t, int> uses;
  int words = 0;
  for (std::uint64_t number = 0; number < 5'000; ++number) {
    const auto ranks = speech.ranks(number);
    for (const std::uint32_t rank : ranks.response) ++uses[rank];
    words += static_cast<int>(ranks.response.size());
  }
  double first_hundred = 0;
  for (std::uint32_t rank = 0; rank < 100; ++rank) first_hundred += uses[rank];
  EXPECT_NEAR(uses[0] / static_cast<double>(words), 0.092, 0.01);
  EXPECT_NEAR(first_hundred / words, 0.48, 0.02);
  EXPECT_GT(uses.size(), 10'000U);
}

TEST(Speech, KnowsWhichWordOccursHowOften) {
  const Speech speech(1);
  std::map<std::uint32_t, int> uses;
  double words = 0;
  for (std::uint64_t number = 0; number < 20'000; ++number) {
    for (const std::uint32_t rank : speech.ranks(number).response) {
      ++uses[rank];
      ++words;
    }
  }
  EXPECT_NEAR(uses[speech.rank_that_occurs(1'000, words)], 1'000, 150);
  EXPECT_EQ(speech.rank_that_occurs(1e9, 10), 0U);
  EXPECT_EQ(speech.rank_that_occurs(1e-9, 1e9), Speech::kWords - 1);
}

TEST(Speech, AllUsersSpeakAboutAsOften) {
  const Speech speech(1);
  std::vector<int> turns(kUsers);
  for (std::uint64_t number = 0; number < kUsers * 200; ++number) ++turns.at(speech.turn(number, kUsers).user);
  for (const int count : turns) EXPECT_NEAR(count, 200, 70);
}

}  // namespace
}  // namespace penny::figures
