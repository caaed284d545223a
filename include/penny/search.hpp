#pragma once

// What `Store::search` is asked, and what it answers.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <penny/model.hpp>

namespace penny {

enum class SearchMatch : std::uint8_t {
  kAll = 1,  // every word
  kAny = 2,  // at least one; those with more and rarer words come first
};

enum class SearchOrder : std::uint8_t { kBest = 1, kNewest = 2 };

// Where a page ended: the next one goes on behind it.
struct SearchKey {
  double score = 0;
  std::uint64_t rev = 0;
  bool operator==(const SearchKey&) const = default;
};

struct SearchQuery {
  // Words; "several in quotes" are a phrase, and a word that ends with * is the begin of words. Case, accents and English
  // endings do not matter. At most `limits::kSearchBytesMax` bytes and `limits::kSearchTermsMax` words and phrases. Nothing in it
  // is syntax that could fail.
  std::string words;
  SearchMatch match = SearchMatch::kAll;
  SearchOrder order = SearchOrder::kBest;
  std::optional<std::string> session{};  // only turns of this session
  std::optional<Modality> modality{};    // only turns of this modality
  std::optional<Time> from{};            // only what has from <= at
  std::optional<Time> until{};           // only what has at < until
  std::optional<SearchKey> after{};      // `SearchPage::next` of the page before
  std::size_t limit = 10;                // 1..100
  // For an answer that must not wait: a bounded part of what a search takes otherwise, once the user has more than 3,000 operations.
  // A document counts by which of the words it has, not by how often, nor by its length; of words that very many have, only the
  // latest documents count: some 8,000 places for all words together, those of other users included. One page, and no snippets.
  // Only `kAny` without session, modality, time and `after`; everything else is searched as ever.
  bool is_quick = false;
};

// Some words around the best place, on one line.
struct Snippet {
  std::string text;
  std::vector<std::pair<std::size_t, std::size_t>> marks;  // of what was found: begin and end in `text`, in bytes
};

struct SearchHit {
  std::uint64_t rev = 0;  // of the turn, or of the operation that remembered the fact
  double score = 0;       // comparable within one answer; higher is better
  Snippet snippet;
  std::variant<Turn, Fact> found;
};

struct SearchPage {
  std::uint64_t rev = 0;  // the user's latest operation that this answer includes
  std::vector<SearchHit> items;
  std::optional<SearchKey> next;
  // False: the index is not that far yet, and too much was written since to be looked through one by one. Then everything up
  // to the rev `indexed_to` was searched, and the latest 2,000 operations (200 if `is_quick`). Also false if `is_quick` left
  // places out.
  bool is_complete = true;
  std::uint64_t indexed_to = 0;
};

}  // namespace penny
