#include "assistant/question_words.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "rules/words.hpp"

namespace penny::assistant {
namespace {

constexpr std::size_t kWordsMax = 12;

// In order of the alphabet: they are searched by halves.
constexpr auto kCommon = std::to_array<std::string_view>(
    {"a",     "about", "again",  "all",    "also", "am",    "an",     "and",    "any",    "are",      "as",    "at",
     "be",    "been",  "but",    "by",     "can",  "come",  "could",  "did",    "do",     "does",     "don't", "for",
     "from",  "get",   "go",     "had",    "has",  "have",  "he",     "hello",  "her",    "here",     "hey",   "hi",
     "him",   "his",   "how",    "i",      "i'm",  "if",    "in",     "into",   "is",     "it",       "it's",  "its",
     "just",  "know",  "let",    "like",   "may",  "me",    "mine",   "my",     "no",     "not",      "now",   "of",
     "okay",  "on",    "or",     "our",    "out",  "penny", "please", "really", "recall", "remember", "said",  "say",
     "see",   "she",   "should", "so",     "some", "tell",  "thank",  "thanks", "that",   "the",      "their", "them",
     "then",  "there", "they",   "this",   "to",   "told",  "too",    "up",     "us",     "very",     "want",  "was",
     "we",    "were",  "what",   "what's", "when", "where", "which",  "who",    "whose",  "why",      "will",  "with",
     "would", "yes",   "you",    "your",   "yours"});
static_assert(std::ranges::is_sorted(kCommon));

constexpr auto kBegins = std::to_array<std::string_view>(
    {"are",  "can", "could", "did",  "do",     "does", "had",   "has",   "have", "how",   "is",
     "tell", "was", "were",  "what", "what's", "when", "where", "which", "who",  "whose", "why"});

}  // namespace

std::string telling_words(std::string_view sentence) {
  const rules::Words words(sentence);
  std::string telling;
  std::size_t count = 0;
  for (const std::string& word : words.all()) {
    if (count == kWordsMax) break;
    if (std::ranges::binary_search(kCommon, std::string_view(word))) continue;
    if (count++ > 0) telling += ' ';
    telling += word;
  }
  return telling;
}

bool is_question(std::string_view sentence) {
  const std::size_t last = sentence.find_last_not_of(" \t\r\n");
  if (last != std::string_view::npos && sentence[last] == '?') return true;
  const rules::Words words(sentence);
  return !words.empty() && std::ranges::find(kBegins, std::string_view(words.all().front())) != kBegins.end();
}

}  // namespace penny::assistant
