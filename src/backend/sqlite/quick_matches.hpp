#pragma once

// Which documents have which words of a question, for a search that must not wait. Pure.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/search.hpp"

namespace penny::backend::sqlite {

class QuickMatches {
 public:
  // The documents that have the word with this place in the question, the newest first. Each word once.
  void add(std::size_t term, std::span<const std::uint64_t> seqs);

  // Those of which none can be ranked better that is not among them: of all that have the same words the newest, so many at most. A
  // candidate has each of its words once, and is one word long.
  [[nodiscard]] std::vector<model::Candidate> candidates(std::size_t of_the_same_words_max) const;

 private:
  struct Match {
    std::uint64_t seq = 0;
    std::uint32_t terms = 0;  // a bit for each
  };
  static_assert(limits::kSearchTermsMax <= 32);
  std::vector<Match> matches_;  // the newest first
};

}  // namespace penny::backend::sqlite
