#include "bench/figures/speech.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <random>
#include <span>
#include <unordered_set>

namespace penny::figures {
namespace {

// By their use in English.
constexpr std::array<std::string_view, 60> kFunctionWords{
    "the",   "of",   "and",  "to",   "a",     "in",    "is",   "you",  "that",  "it",   "he",    "was",
    "for",   "on",   "are",  "as",   "with",  "his",   "they", "i",    "at",    "be",   "this",  "have",
    "from",  "or",   "one",  "had",  "by",    "word",  "but",  "not",  "what",  "all",  "were",  "we",
    "when",  "your", "can",  "said", "there", "use",   "an",   "each", "which", "she",  "do",    "how",
    "their", "if",   "will", "up",   "other", "about", "out",  "many", "then",  "them", "these", "so"};

constexpr std::array<std::string_view, 24> kOnsets{"b", "c", "d", "f",  "g",  "h",  "l",  "m",  "n",  "p",  "r",  "s",
                                                   "t", "v", "w", "br", "cl", "dr", "gr", "pl", "sh", "st", "th", "tr"};
constexpr std::array<std::string_view, 10> kVowels{"a", "e", "i", "o", "u", "ai", "ea", "ee", "oo", "ou"};
constexpr std::array<std::string_view, 8> kCodas{"", "", "n", "r", "l", "ck", "nd", "st"};
constexpr std::array<std::string_view, 10> kEndings{"", "", "", "", "ing", "ed", "s", "er", "ness", "ly"};

std::vector<std::string> make_words(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto pick = [&](std::span<const std::string_view> from) { return from[random() % from.size()]; };
  std::vector<std::string> words(kFunctionWords.begin(), kFunctionWords.end());
  std::unordered_set<std::string> known(words.begin(), words.end());
  while (words.size() < Speech::kWords) {
    std::string word;
    const std::uint64_t syllables = 1 + random() % 3;
    for (std::uint64_t syllable = 0; syllable < syllables; ++syllable) {
      word += pick(kOnsets);
      word += pick(kVowels);
      word += pick(kCodas);
    }
    word += pick(kEndings);
    if (word.size() >= 3 && known.insert(word).second) words.push_back(std::move(word));
  }
  return words;
}

// SplitMix64: a generator that costs nothing to begin.
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint64_t number) : state_(seed * 0x9e3779b97f4a7c15U + number * 0xd1342543de82ef95U) {}

  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ mixed >> 30U) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ mixed >> 27U) * 0x94d049bb133111ebU;
    return mixed ^ mixed >> 31U;
  }
  // 0 <= fraction < 1
  double fraction() { return static_cast<double>(next() >> 11U) * 0x1p-53; }
  std::size_t between(std::size_t least, std::size_t most) {
    return least + static_cast<std::size_t>(next() % (most - least + 1));
  }

 private:
  std::uint64_t state_;
};

constexpr std::size_t kInputWordsMin = 8;
constexpr std::size_t kInputWordsMax = 16;
constexpr std::size_t kResponseWordsMin = 20;
constexpr std::size_t kResponseWordsMax = 50;
constexpr std::size_t kSentenceWords = 9;
static_assert(kInputWordsMin + kInputWordsMax + kResponseWordsMin + kResponseWordsMax ==
              static_cast<std::size_t>(2 * Speech::kWordsOfATurn));

}  // namespace

Speech::Speech(std::uint64_t seed) : seed_(seed), words_(make_words(seed)) {
  double sum = 0;
  for (std::size_t rank = 1; rank <= kWords; ++rank) sums_.push_back(sum += 1.0 / static_cast<double>(rank));
}

std::uint32_t Speech::rank_at(double place) const {
  const auto found = std::ranges::upper_bound(sums_, place);
  return static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(found - sums_.begin(), kWords - 1));
}

std::uint32_t Speech::rank_that_occurs(double times, double of_words) const {
  const double rank = of_words / (times * sums_.back());
  return static_cast<std::uint32_t>(std::clamp(std::round(rank) - 1, 0.0, static_cast<double>(kWords - 1)));
}

Speech::Ranks Speech::ranks(std::uint64_t number) const {
  Draws draws(seed_, number);
  (void)draws.next();  // the user's
  Ranks ranks;
  const auto draw = [&](std::vector<std::uint32_t>& into, std::size_t count) {
    into.reserve(count);
    for (std::size_t word = 0; word < count; ++word) into.push_back(rank_at(draws.fraction() * sums_.back()));
  };
  draw(ranks.input, draws.between(kInputWordsMin, kInputWordsMax));
  draw(ranks.response, draws.between(kResponseWordsMin, kResponseWordsMax));
  return ranks;
}

SpokenTurn Speech::turn(std::uint64_t number, std::uint32_t users) const {
  const auto text_of = [this](const std::vector<std::uint32_t>& ranks) {
    std::string text;
    for (std::size_t place = 0; place < ranks.size(); ++place) {
      const bool is_first = place % kSentenceWords == 0;
      if (place > 0) text += is_first ? ". " : " ";
      text += words_[ranks[place]];
      if (is_first) {
        char& letter = text[text.size() - words_[ranks[place]].size()];
        letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
      }
    }
    return text + ".";
  };
  const Ranks drawn = ranks(number);
  return {.user = static_cast<std::uint32_t>(Draws(seed_, number).next() % users),
          .user_input = text_of(drawn.input),
          .assistant_response = text_of(drawn.response)};
}

}  // namespace penny::figures
