#pragma once

// What a search looks for, and what it has found before anybody says which of it comes first.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <penny/limits.hpp>

namespace penny::model {

struct SearchTerm {
  std::string text;        // one word, or a phrase
  bool is_prefix = false;  // the begin of words
  bool operator==(const SearchTerm&) const = default;
};

// A turn or a fact that has words of the search.
struct Candidate {
  std::uint64_t seq = 0;
  std::uint32_t words = 0;                                    // of the whole document
  std::array<std::uint16_t, limits::kSearchTermsMax> hits{};  // how often it has each term
  double score = 0;
};

// All that were found of one user.
struct Candidates {
  std::vector<Candidate> items;
  std::size_t terms = 0;        // so many of the hits count
  std::uint64_t documents = 0;  // of the user, those that were not found included
  // Documents that have each term, about, beside the items: of a search that leaves some out.
  std::array<double, limits::kSearchTermsMax> more_with{};
};

}  // namespace penny::model
