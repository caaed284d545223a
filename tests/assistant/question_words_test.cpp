#include "assistant/question_words.hpp"

#include <string>

#include <gtest/gtest.h>

namespace penny::assistant {
namespace {

TEST(QuestionWords, OnlyTellingWordsAreSearchedFor) {
  EXPECT_EQ(telling_words("What is my favorite color?"), "favorite color");
  EXPECT_EQ(telling_words("When is my sister's birthday"), "sister's birthday");
  EXPECT_EQ(telling_words("please remember that my dog is called Max"), "dog called max");
  EXPECT_EQ(telling_words("What did I say?"), "");
  EXPECT_EQ(telling_words(""), "");
  EXPECT_EQ(telling_words("\"drop* table\" AND OR NOT"), "drop table");
}

TEST(QuestionWords, LongSentencesAreCut) {
  std::string sentence;
  for (int i = 0; i < 100; ++i) sentence += "word" + std::to_string(i) + " ";
  EXPECT_EQ(telling_words(sentence), "word0 word1 word2 word3 word4 word5 word6 word7 word8 word9 word10 word11");
}

TEST(QuestionWords, QuestionsEndWithAMarkOrBeginAsQuestions) {
  for (const char* text : {"Tea?", "what is my favorite color", "When was it", "do you know my dog", "hm ?  "})
    EXPECT_TRUE(is_question(text)) << text;
  for (const char* text : {"", "My favorite color is green", "I like tea", "remember what I said"})
    EXPECT_FALSE(is_question(text)) << text;
}

}  // namespace
}  // namespace penny::assistant
