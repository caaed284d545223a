#include "bench/figures/talk.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "rules/words.hpp"

namespace penny::figures {
namespace {

TEST(Talk, ATurnTeachesAndSometimesAFactIsRemembered) {
  const Talk talk(1);
  const Batch turn = talk.turn("cj", 1);
  ASSERT_GE(turn.operations.size(), 2U);
  EXPECT_EQ(std::get<AppendTurn>(turn.operations.front().payload).user_input, talk.statement(1));
  EXPECT_TRUE(std::holds_alternative<RememberFact>(talk.turn("cj", 25).operations.back().payload));
}

TEST(Talk, AQuestionHasWordsOfItsTurn) {
  const Talk talk(1);
  const rules::Words said(talk.statement(42));
  const rules::Words asked(talk.question(42));
  const std::set<std::string> known(said.all().begin(), said.all().end());
  int common = 0;
  for (const std::string& word : asked.all()) common += known.contains(word) ? 1 : 0;
  EXPECT_GE(common, 6);
  EXPECT_EQ(talk.question(42), Talk(1).question(42));
  EXPECT_NE(talk.question(42), talk.question(43));
}

}  // namespace
}  // namespace penny::figures
