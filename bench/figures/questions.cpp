#include "bench/figures/questions.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace penny::figures {
namespace {

constexpr double kRareOccurs = 3;
constexpr std::uint64_t kCommonWords = 3;
constexpr std::size_t kTenWords = 10;
constexpr std::size_t kPrefixLetters = 3;
constexpr std::size_t kLongWord = 5;

// By how many times the one rank is that of the other.
double distance(std::uint32_t one, std::uint32_t other) { return std::abs(std::log((one + 1.0) / (other + 1.0))); }

std::vector<std::uint32_t> all_of(const Speech::Ranks& ranks) {
  std::vector<std::uint32_t> all = ranks.input;
  all.insert(all.end(), ranks.response.begin(), ranks.response.end());
  return all;
}

std::string rare_word(const Speech& speech, const Speech::Ranks& ranks, double words_of_user) {
  const std::uint32_t wanted = speech.rank_that_occurs(kRareOccurs, words_of_user);
  const auto all = all_of(ranks);
  return std::string(
      speech.word(*std::ranges::min_element(all, {}, [&](std::uint32_t rank) { return distance(rank, wanted); })));
}

std::string ten_words(const Speech& speech, const Speech::Ranks& ranks) {
  std::vector<std::uint32_t> taken;
  for (const std::uint32_t rank : all_of(ranks)) {
    if (taken.size() < kTenWords && std::ranges::find(taken, rank) == taken.end()) taken.push_back(rank);
  }
  std::string words;
  for (const std::uint32_t rank : taken) words.append(words.empty() ? "" : " ").append(speech.word(rank));
  return words;
}

// Of the pairs in the response the one whose more frequent word is the least frequent.
std::string phrase(const Speech& speech, const Speech::Ranks& ranks) {
  const auto& words = ranks.response;
  std::size_t best = 0;
  for (std::size_t place = 1; place + 1 < words.size(); ++place) {
    if (std::min(words[place], words[place + 1]) > std::min(words[best], words[best + 1])) best = place;
  }
  std::string text = "\"";
  text.append(speech.word(words[best])).append(" ").append(speech.word(words[best + 1])).append("\"");
  return text;
}

std::string prefix(const Speech& speech, const Speech::Ranks& ranks) {
  const auto all = all_of(ranks);
  const auto found =
      std::ranges::find_if(all, [&](std::uint32_t rank) { return speech.word(rank).size() >= kLongWord; });
  const std::string_view word = speech.word(found == all.end() ? all.front() : *found);
  return std::string(word.substr(0, kPrefixLetters)) + "*";
}

}  // namespace

std::string_view name_of(QuestionKind kind) {
  switch (kind) {
    case QuestionKind::kRare:
      return "a rare word";
    case QuestionKind::kCommon:
      return "a word of most turns";
    case QuestionKind::kTenAny:
      return "ten words, any";
    case QuestionKind::kTenAll:
      return "ten words, all";
    case QuestionKind::kPhrase:
      return "a phrase of two";
    case QuestionKind::kPrefix:
      return "the begin of a word";
  }
  return "";
}

Question question_of(const Speech& speech, QuestionKind kind, std::uint64_t number, std::uint64_t turns,
                     std::uint32_t users) {
  const Speech::Ranks ranks = speech.ranks(number);
  const double words_of_user = static_cast<double>(turns) * Speech::kWordsOfATurn / users;
  Question question{.user = speech.turn(number, users).user, .query = {}};
  SearchQuery& query = question.query;
  switch (kind) {
    case QuestionKind::kRare:
      query.words = rare_word(speech, ranks, words_of_user);
      break;
    case QuestionKind::kCommon:
      query.words = speech.word(static_cast<std::uint32_t>(number % kCommonWords));
      break;
    case QuestionKind::kTenAny:
    case QuestionKind::kTenAll:
      query.words = ten_words(speech, ranks);
      query.match = kind == QuestionKind::kTenAny ? SearchMatch::kAny : SearchMatch::kAll;
      break;
    case QuestionKind::kPhrase:
      query.words = phrase(speech, ranks);
      break;
    case QuestionKind::kPrefix:
      query.words = prefix(speech, ranks);
      break;
  }
  return question;
}

}  // namespace penny::figures
