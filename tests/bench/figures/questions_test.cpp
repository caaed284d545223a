#include "bench/figures/questions.hpp"

#include <algorithm>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace penny::figures {
namespace {

constexpr std::uint64_t kTurns = 2'000;
constexpr std::uint32_t kUsers = 4;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char letter) { return std::tolower(letter); });
  return text;
}

std::set<std::string> words_of(std::string text) {
  std::erase(text, '.');
  std::istringstream stream(lower(std::move(text)));
  std::set<std::string> words;
  for (std::string word; stream >> word;) words.insert(word);
  return words;
}

std::set<std::string> words_of(const SpokenTurn& turn) {
  return words_of(turn.user_input + " " + turn.assistant_response);
}

class Questions : public testing::Test {
 protected:
  [[nodiscard]] Question ask(QuestionKind kind, std::uint64_t number) const {
    return question_of(speech_, kind, number, kTurns, kUsers);
  }
  const Speech speech_{1};
};

TEST_F(Questions, AreForTheTurnsUser) {
  for (const QuestionKind kind : kQuestionKinds)
    EXPECT_EQ(ask(kind, 123).user, speech_.turn(123, kUsers).user) << name_of(kind);
}

TEST_F(Questions, AskForWordsThatTheTurnHas) {
  for (std::uint64_t number = 0; number < 200; ++number) {
    const auto words = words_of(speech_.turn(number, kUsers));
    EXPECT_TRUE(words.contains(ask(QuestionKind::kRare, number).query.words));
    const auto ten = words_of(ask(QuestionKind::kTenAll, number).query.words);
    EXPECT_LE(ten.size(), 10U);
    EXPECT_TRUE(std::ranges::includes(words, ten));
  }
}

TEST_F(Questions, AskForTenDifferentWords) {
  EXPECT_EQ(words_of(ask(QuestionKind::kTenAny, 5).query.words).size(), 10U);
  EXPECT_EQ(ask(QuestionKind::kTenAny, 5).query.match, SearchMatch::kAny);
  EXPECT_EQ(ask(QuestionKind::kTenAll, 5).query.match, SearchMatch::kAll);
}

TEST_F(Questions, AskForAPhraseAsItWasSaid) {
  for (std::uint64_t number = 0; number < 200; ++number) {
    std::string said = lower(speech_.turn(number, kUsers).assistant_response);
    std::erase(said, '.');
    const std::string words = ask(QuestionKind::kPhrase, number).query.words;
    ASSERT_TRUE(words.starts_with('"') && words.ends_with('"'));
    EXPECT_NE(said.find(words.substr(1, words.size() - 2)), std::string::npos) << words << " in " << said;
  }
}

TEST_F(Questions, AskForTheBeginOfAWordThatTheTurnHas) {
  for (std::uint64_t number = 0; number < 200; ++number) {
    const std::string words = ask(QuestionKind::kPrefix, number).query.words;
    ASSERT_TRUE(words.ends_with('*'));
    const std::string begin = words.substr(0, words.size() - 1);
    EXPECT_TRUE(std::ranges::any_of(words_of(speech_.turn(number, kUsers)),
                                    [&](const std::string& word) { return word.starts_with(begin); }));
  }
}

TEST_F(Questions, RareWordsAreRareAndCommonOnesInMostTurns) {
  double rare = 0;
  double common = 0;
  constexpr std::uint64_t kAsked = 20;
  for (std::uint64_t number = 0; number < kAsked; ++number) {
    const Question rare_one = ask(QuestionKind::kRare, number * 31);
    const Question common_one = ask(QuestionKind::kCommon, number * 31);
    std::uint64_t turns = 0;
    std::uint64_t with_rare = 0;
    std::uint64_t with_common = 0;
    for (std::uint64_t turn = 0; turn < kTurns; ++turn) {
      const SpokenTurn said = speech_.turn(turn, kUsers);
      if (said.user != rare_one.user) continue;
      const auto words = words_of(said);
      turns += 1;
      with_rare += words.contains(rare_one.query.words) ? 1U : 0U;
      with_common += words.contains(common_one.query.words) ? 1U : 0U;
    }
    rare += static_cast<double>(with_rare) / kAsked;
    common += static_cast<double>(with_common) / static_cast<double>(turns) / kAsked;
  }
  EXPECT_GT(rare, 1);
  EXPECT_LT(rare, 8);
  EXPECT_GT(common, 0.7);
}

}  // namespace
}  // namespace penny::figures
