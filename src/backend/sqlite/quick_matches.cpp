#include "backend/sqlite/quick_matches.hpp"

#include <unordered_map>
#include <utility>

namespace penny::backend::sqlite {

void QuickMatches::add(std::size_t term, std::span<const std::uint64_t> seqs) {
  const std::uint32_t bit = std::uint32_t{1} << term;
  std::vector<Match> merged;
  merged.reserve(matches_.size() + seqs.size());
  auto match = matches_.begin();
  for (const std::uint64_t seq : seqs) {
    while (match != matches_.end() && match->seq > seq) merged.push_back(*match++);
    const bool is_known = match != matches_.end() && match->seq == seq;
    merged.push_back({.seq = seq, .terms = bit | (is_known ? match->terms : 0)});
    if (is_known) ++match;
  }
  merged.insert(merged.end(), match, matches_.end());
  matches_ = std::move(merged);
}

std::vector<model::Candidate> QuickMatches::candidates(std::size_t of_the_same_words_max) const {
  std::vector<model::Candidate> taken;
  std::unordered_map<std::uint32_t, std::size_t> with_the_same;
  for (const Match& match : matches_) {
    if (++with_the_same[match.terms] > of_the_same_words_max) continue;
    model::Candidate candidate{.seq = match.seq, .words = 1};
    for (std::size_t term = 0; term < candidate.hits.size(); ++term)
      candidate.hits[term] = static_cast<std::uint16_t>(match.terms >> term & 1U);
    taken.push_back(candidate);
  }
  return taken;
}

}  // namespace penny::backend::sqlite
