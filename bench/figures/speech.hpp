#pragma once

// Conversations in something like English: 30,000 words of which the n-th is used 1/n as often as the first, the function words
// of English in front, the others made of syllables with English endings. Every turn follows from its number alone, so that
// nothing has to be remembered to ask for it. Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penny::figures {

struct SpokenTurn {
  std::uint32_t user = 0;
  std::string user_input;          // 8..16 words
  std::string assistant_response;  // 20..50 words
};

// Immutable; any thread.
class Speech {
 public:
  static constexpr std::size_t kWords = 30'000;
  static constexpr double kWordsOfATurn = 47;  // in the mean

  explicit Speech(std::uint64_t seed);

  // By one of `users` users, drawn uniformly.
  [[nodiscard]] SpokenTurn turn(std::uint64_t number, std::uint32_t users) const;

  // The ranks of its words, 0 the most frequent: of the input, then of the response.
  struct Ranks {
    std::vector<std::uint32_t> input;
    std::vector<std::uint32_t> response;
  };
  [[nodiscard]] Ranks ranks(std::uint64_t number) const;

  [[nodiscard]] std::string_view word(std::uint32_t rank) const { return words_.at(rank); }

  // The rank of a word that occurs about so often among so many words.
  [[nodiscard]] std::uint32_t rank_that_occurs(double times, double of_words) const;

 private:
  [[nodiscard]] std::uint32_t rank_at(double place) const;

  std::uint64_t seed_;
  std::vector<std::string> words_;
  std::vector<double> sums_;  // at place n the sum of 1/1 ... 1/(n+1)
};

}  // namespace penny::figures
