#include "recall/ranking.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace penny::recall {
namespace {
constexpr double kSaturation = 1.2;     // k1
constexpr double kLengthWeight = 0.75;  // b

void set_scores(model::Candidates& all) {
  std::vector<model::Candidate>& candidates = all.items;
  const std::size_t terms = all.terms;
  std::array<std::uint64_t, limits::kSearchTermsMax> with_term{};
  double words = 0;
  for (const model::Candidate& candidate : candidates) {
    words += candidate.words;
    for (std::size_t term = 0; term < terms; ++term) with_term[term] += candidate.hits[term] > 0 ? 1U : 0U;
  }
  const double mean_words = candidates.empty() ? 1 : std::max(1.0, words / static_cast<double>(candidates.size()));
  const auto count = static_cast<double>(std::max<std::uint64_t>(all.documents, candidates.size()));
  std::array<double, limits::kSearchTermsMax> rarity{};
  for (std::size_t term = 0; term < terms; ++term) {
    const double with = std::min(count, static_cast<double>(with_term[term]) + all.more_with[term]);
    rarity[term] = std::log(1 + (count - with + 0.5) / (with + 0.5));
  }
  for (model::Candidate& candidate : candidates) {
    const double length = kSaturation * (1 - kLengthWeight + kLengthWeight * candidate.words / mean_words);
    for (std::size_t term = 0; term < terms; ++term) {
      const double hits = candidate.hits[term];
      if (hits > 0) candidate.score += rarity[term] * hits * (kSaturation + 1) / (hits + length);
    }
  }
}

}  // namespace

void rank(model::Candidates& candidates, SearchOrder order) {
  if (order == SearchOrder::kBest) set_scores(candidates);
  std::ranges::sort(candidates.items, [](const model::Candidate& one, const model::Candidate& other) {
    return one.score != other.score ? one.score > other.score : one.seq > other.seq;
  });
}

}  // namespace penny::recall
