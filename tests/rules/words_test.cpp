#include "rules/words.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace penny::rules {
namespace {

using Strings = std::vector<std::string>;

// Letters, separators, apostrophes and bytes that are no UTF-8, in any order.
rc::Gen<std::string> any_text() {
  const auto piece =
      rc::gen::element<std::string>("a", "B", "ai", "rain", "don", "t", "7", " ", " ", "\n", ".", ",", "-", "'",
                                    "\u2019", "\u00E9", "\u0416", "\u2014", "\U0001F600", "\x80", "\xE2", "\xFF");
  return rc::gen::map(rc::gen::container<Strings>(piece), [](const Strings& pieces) {
    std::string text;
    for (const std::string& part : pieces) text += part;
    return text;
  });
}

rc::Gen<Strings> plain_words() {
  return rc::gen::container<Strings>(rc::gen::element<std::string>("ai", "rain", "thank", "you", "brief"));
}

std::string joined(const Strings& words, const std::string& separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

TEST(Words, StandInLowerCaseInTheOrderOfTheText) {
  EXPECT_EQ(Words("Hello, World! It is 5pm.").all(), (Strings{"hello", "world", "it", "is", "5pm"}));
}

TEST(Words, AnEmptyTextHasNone) {
  EXPECT_TRUE(Words("").empty());
  EXPECT_TRUE(Words(" \t\n?! -- '' \u2026 \U0001F44D").empty());
}

TEST(Words, KeepAnApostropheInsideAndDropOneAtTheEdge) {
  EXPECT_EQ(Words("Don't say 'yes', dogs' life").all(), (Strings{"don't", "say", "yes", "dogs", "life"}));
  EXPECT_EQ(Words("a''b").all(), (Strings{"a", "b"}));
}

TEST(Words, TakeTheTypographicApostropheAsThePlainOne) {
  EXPECT_EQ(Words("don\u2019t \u2018quote\u2019").all(), (Strings{"don't", "quote"}));
}

TEST(Words, EndAtTypographicPunctuationAndEmoji) {
  EXPECT_EQ(Words("\u201CThanks\u201D\u2014great\u2026perfect\U0001F60A lol\uFF01").all(),
            (Strings{"thanks", "great", "perfect", "lol"}));
}

TEST(Words, KeepLettersOfOtherScriptsAsTheyAre) {
  EXPECT_EQ(Words("Stra\u00DFe \u0416\u0438\u0437\u043D\u044C \u00C9T\u00C9 \u65E5\u672C\u3001\u8A9E").all(),
            (Strings{"stra\u00DFe", "\u0416\u0438\u0437\u043D\u044C", "\u00C9t\u00C9", "\u65E5\u672C", "\u8A9E"}));
}

TEST(Words, AreSeparatedByBytesThatAreNoUtf8) {
  EXPECT_EQ(Words("ab\xFF"
                  "cd\xE2\x80")
                .all(),
            (Strings{"ab", "cd"}));
  EXPECT_EQ(Words("x\xC3").all(), (Strings{"x"}));
}

TEST(Words, APhraseMatchesWholeWordsOnly) {
  const Words words("The rain in Spain stays mainly, AI aside");
  EXPECT_TRUE(words.has("ai"));
  EXPECT_FALSE(words.has("in spain stays main"));
  EXPECT_FALSE(Words("rain and Spain").has("ai"));
  EXPECT_FALSE(Words("a.i.").has("ai"));
}

TEST(Words, APhraseOfSeveralWordsMatchesAcrossWhateverSeparatesThem) {
  EXPECT_TRUE(Words("Thank   you!").has("thank you"));
  EXPECT_TRUE(Words("thank,\nYOU").has("thank you"));
  EXPECT_FALSE(Words("thank all of you").has("thank you"));
  EXPECT_FALSE(Words("you thank").has("thank you"));
  EXPECT_FALSE(Words("thank").has("thank you"));
}

TEST(Words, TheEmptyPhraseNeverOccurs) {
  EXPECT_FALSE(Words("one two").has(""));
  EXPECT_EQ(Words("one two").count(""), 0);
  EXPECT_FALSE(Words("").has(""));
}

TEST(Words, OccurrencesAreCountedWithoutOverlap) {
  EXPECT_EQ(Words("ha ha ha ha ha").count("ha ha"), 2);
  EXPECT_EQ(Words("quick, Quick, quickly").count("quick"), 2);
}

TEST(Words, PresentPhrasesAreCountedOnceEach) {
  constexpr auto kPhrases = std::to_array<std::string_view>({"please", "thank you", "dude"});
  EXPECT_EQ(Words("please please thank you").count_present(kPhrases), 2);
}

RC_GTEST_PROP(Words, AreNeverEmptyAndHoldNoSeparatorAndNoCapital, ()) {
  const Words words(*any_text());
  for (const std::string& word : words.all()) {
    RC_ASSERT(!word.empty());
    RC_ASSERT(word.find_first_of(" \n.,-B\xFF") == std::string::npos);
    RC_ASSERT(word.front() != '\'');
    RC_ASSERT(word.back() != '\'');
  }
}

RC_GTEST_PROP(Words, OfTheirOwnTextAreTheSameWords, ()) {
  const Words words(*any_text());
  RC_ASSERT(Words(joined(words.all(), " ")).all() == words.all());
}

RC_GTEST_PROP(Words, DoNotDependOnCaseOrOnWhatSeparatesThem, ()) {
  const Strings words = *plain_words();
  std::string loud = joined(words, "?! ");
  for (char& byte : loud) byte = static_cast<char>(std::toupper(static_cast<unsigned char>(byte)));
  RC_ASSERT(Words(loud).all() == words);
}

RC_GTEST_PROP(Words, APhraseIsFoundExactlyWhereItsWordsFollowEachOther, ()) {
  const Strings text = *plain_words();
  const Strings phrase = *rc::gen::nonEmpty(plain_words());
  const bool expected = std::search(text.begin(), text.end(), phrase.begin(), phrase.end()) != text.end();
  const Words words(joined(text, ", "));
  RC_ASSERT(words.has(joined(phrase, " ")) == expected);
  RC_ASSERT((words.count(joined(phrase, " ")) > 0) == expected);
}

RC_GTEST_PROP(Words, AShortWordNeverMatchesInsideALongerOne, ()) {
  const auto letters = rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', 'z')));
  const std::string before = *letters;
  const std::string after = *letters;
  RC_ASSERT(!Words(before + "ai" + after).has("ai"));
  RC_ASSERT(Words(before + " ai " + after).has("ai"));
}

}  // namespace
}  // namespace penny::rules
