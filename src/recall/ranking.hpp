#pragma once

// Which of the documents that match comes first. Pure; the one place that decides it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <penny/limits.hpp>

namespace penny::recall {

// A turn or a fact that has words of the search.
struct Candidate {
  std::uint64_t seq = 0;
  std::uint32_t words = 0;                                    // of the whole document
  std::array<std::uint16_t, limits::kSearchTermsMax> hits{};  // how often it has each term
  double score = 0;
};

// Sets the scores (Okapi BM25, k1 = 1.2, b = 0.75, over the documents of this user alone: `documents` is their number) and
// sorts: the best first, of equals the newest. Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and
// Beyond", 2009, with the logarithm's argument raised by 1 so that no word counts against a document.
void rank_best(std::vector<Candidate>& candidates, std::size_t terms, std::uint64_t documents);

// The newest first, all with the score 0.
void rank_newest(std::vector<Candidate>& candidates);

}  // namespace penny::recall
