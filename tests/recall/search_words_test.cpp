#include "recall/search_words.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <penny/limits.hpp>

#include <string>
#include <vector>

namespace penny::recall {
namespace {

using model::SearchTerm;

std::vector<SearchTerm> terms(std::string_view words) {
  auto parsed = search_terms(words);
  if (!parsed) throw std::runtime_error(parsed.error().message);
  return *parsed;
}

TEST(SearchWords, AreWordsPhrasesAndBegins) {
  EXPECT_EQ(terms("tea"), (std::vector<SearchTerm>{{"tea", false}}));
  EXPECT_EQ(terms("  green\ttea\n"), (std::vector<SearchTerm>{{"green", false}, {"tea", false}}));
  EXPECT_EQ(terms("\"green tea\" cup"), (std::vector<SearchTerm>{{"green tea", false}, {"cup", false}}));
  EXPECT_EQ(terms("biscu*"), (std::vector<SearchTerm>{{"biscu", true}}));
  EXPECT_EQ(terms("\"green te\"*"), (std::vector<SearchTerm>{{"green te", true}}));
  EXPECT_EQ(terms("a\"b c\"d"), (std::vector<SearchTerm>{{"a", false}, {"b c", false}, {"d", false}}));
  EXPECT_EQ(terms("\"never ends"), (std::vector<SearchTerm>{{"never ends", false}}));
  EXPECT_EQ(terms("AND OR NEAR( NOT"),
            (std::vector<SearchTerm>{{"AND", false}, {"OR", false}, {"NEAR(", false}, {"NOT", false}}));
}

TEST(SearchWords, RefusesWhatIsNothingOrTooMuch) {
  for (const std::string words : {"", "   ", "\"\"", "*", "\" \"", "**"}) {
    const auto parsed = search_terms(words);
    ASSERT_FALSE(parsed) << words;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(parsed.error().field, "words");
  }
  std::string many = "w";
  for (std::size_t i = 1; i < limits::kSearchTermsMax; ++i) many += " w";
  EXPECT_TRUE(search_terms(many));
  EXPECT_FALSE(search_terms(many + " w"));
  EXPECT_TRUE(search_terms(std::string(limits::kSearchBytesMax, 'x')));
  EXPECT_FALSE(search_terms(std::string(limits::kSearchBytesMax + 1, 'x')));
  EXPECT_FALSE(search_terms("\xff"));
  EXPECT_FALSE(search_terms(std::string_view("a\0b", 3)));
}

RC_GTEST_PROP(SearchWords, KeepEveryByteThatIsNoSyntax, (const std::vector<std::string>& texts)) {
  std::string words;
  for (const std::string& text : texts) words += text + " ";
  const auto parsed = search_terms(words);
  if (!parsed) return;
  for (const SearchTerm& term : *parsed) {
    RC_ASSERT(term.text.find('"') == std::string::npos);
    RC_ASSERT(words.find(term.text) != std::string::npos);
  }
}

}  // namespace
}  // namespace penny::recall
