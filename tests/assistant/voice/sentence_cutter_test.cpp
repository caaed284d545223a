#include "assistant/voice/sentence_cutter.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/utf8.hpp"

namespace penny::assistant {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> sentences(std::string_view text, std::size_t piece) {
  SentenceCutter cutter;
  std::vector<std::string> all;
  while (!text.empty()) {
    cutter.add(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
    while (auto sentence = cutter.next()) all.push_back(*std::move(sentence));
  }
  if (auto rest = cutter.rest()) all.push_back(*std::move(rest));
  return all;
}

TEST(SentenceCutter, CutsAfterEachSentenceHoweverItComes) {
  for (const std::size_t piece : {1U, 3U, 100U}) {
    EXPECT_THAT(sentences("It is 3.14. Is it?  Yes!\nA list\n\n- of things", piece),
                ElementsAre("It is 3.14.", "Is it?", "Yes!", "A list", "- of things"));
  }
}

TEST(SentenceCutter, SpaceAloneIsNoSentence) {
  EXPECT_THAT(sentences(" \n\t\n ", 1), IsEmpty());
  EXPECT_THAT(sentences("", 1), IsEmpty());
}

TEST(SentenceCutter, ASentenceIsWholeOnlyWhenItIsCertain) {
  SentenceCutter cutter;
  cutter.add("It is 3.");
  EXPECT_EQ(cutter.next(), std::nullopt);
  cutter.add("14.");
  EXPECT_EQ(cutter.next(), std::nullopt);
  EXPECT_EQ(cutter.rest(), "It is 3.14.");
}

TEST(SentenceCutter, AVeryLongOneIsCutBetweenWords) {
  std::string text;
  for (int i = 0; i < 1'000; ++i) text += "word ";
  const auto all = sentences(text, 64);
  ASSERT_GT(all.size(), 4U);
  for (const std::string& part : all) {
    EXPECT_LE(part.size(), 1'000U);
    EXPECT_TRUE(part.starts_with("word") && part.ends_with("word"));
  }
}

RC_GTEST_PROP(SentenceCutter, LosesNothingAndBreaksNoCharacter, (const std::vector<std::uint8_t>& choices)) {
  static const std::vector<std::string> kParts{"é", "word", " ", ". ", "\n", "?", "日本", "long-"};
  std::string text;
  for (const std::uint8_t choice : choices) {
    for (int i = 0; i < 40; ++i) text += kParts[(choice + static_cast<std::size_t>(i % 3)) % kParts.size()];
  }
  const auto without_space = [](std::string_view from) {
    std::string kept;
    for (const char byte : from) {
      if (byte != ' ' && byte != '\n') kept += byte;
    }
    return kept;
  };
  std::string all;
  for (const std::string& sentence : sentences(text, 7)) {
    RC_ASSERT(base::is_valid_utf8(sentence));
    all += sentence;
  }
  RC_ASSERT(without_space(all) == without_space(text));
}

}  // namespace
}  // namespace penny::assistant
