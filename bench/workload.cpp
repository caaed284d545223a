#include "bench/workload.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace penny::bench {
namespace {

constexpr std::size_t kWords = 20'000;
constexpr std::size_t kTexts = 2048;

std::vector<std::string> make_words(std::mt19937_64& random) {
  constexpr std::string_view kConsonants = "bcdfghklmnprstvw";
  constexpr std::string_view kVowels = "aeiou";
  std::vector<std::string> words;
  for (std::size_t index = 0; index < kWords; ++index) {
    const std::uint64_t letters = 2 + random() % 8;
    std::string word;
    for (std::uint64_t letter = 0; letter < letters; ++letter) {
      const std::string_view from = letter % 2 == 0 ? kConsonants : kVowels;
      word += from[random() % from.size()];
    }
    words.push_back(std::move(word));
  }
  return words;
}

// At place n the sum of 1/1 ... 1/(n+1).
std::vector<double> zipf_sums() {
  std::vector<double> sums;
  double sum = 0;
  for (std::size_t rank = 1; rank <= kWords; ++rank) sums.push_back(sum += 1.0 / static_cast<double>(rank));
  return sums;
}

}  // namespace

std::string user_name(std::uint32_t user) { return fmt::format("user-{:04}", user); }

Texts::Texts(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto words = make_words(random);
  const auto sums = zipf_sums();
  std::uniform_real_distribution<double> place(0, sums.back());
  const auto text_of = [&](std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) {
      const auto found = std::ranges::upper_bound(sums, place(random));
      const auto rank = std::min(static_cast<std::size_t>(found - sums.begin()), kWords - 1);
      text += words[rank];
      text += ' ';
    }
    text.resize(bytes);
    text.back() = '.';
    return text;
  };
  for (std::size_t index = 0; index < kTexts; ++index) {
    inputs_.push_back(text_of(kInputBytes));
    responses_.push_back(text_of(kResponseBytes));
  }
}

Write Writes::next() { return next_of(static_cast<std::uint32_t>(random_() % kUsers)); }

Write Writes::next_of(std::uint32_t user) {
  return {.user = user,
          .id = OperationId::make(),
          .at = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()),
          .user_input = texts_.inputs()[random_() % texts_.inputs().size()],
          .assistant_response = texts_.responses()[random_() % texts_.responses().size()]};
}

}  // namespace penny::bench
