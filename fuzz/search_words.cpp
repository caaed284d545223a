// A user's words, whatever bytes they are: a search answers, or refuses the words as no words. With an index and without one it
// finds the same, in pages the same as at once, and what it found is marked where it says.
//
// Input: a byte of choices, a byte for the size of pages, then the words.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "support/input.hpp"
#include "support/prepared_store.hpp"
#include "support/require.hpp"
#include "support/stores.hpp"
#include "support/target.hpp"

namespace penny::fuzz {
namespace {

// The same store twice. The second one was opened to read only, where nobody makes an index.
struct Stores {
  Stores() : with_index(test::must(Store::open(prepared.path()))), without_index(test::must(open_copy())) {
    require(test::must(with_index.wait_for_search_index(std::chrono::seconds(60))), "the index is there");
  }
  Result<Store> open_copy() const {
    write_file(folder.path(), prepared.image().database);
    write_file(folder.path() + "-wal", prepared.image().log);
    return Store::open(folder.path(), {.read_only = true});
  }
  PreparedStore prepared{Log::kFull, true};
  test::StoreFolder folder;
  Store with_index;
  Store without_index;
};

Stores& stores() {
  static Stores made;
  return made;
}

void check_snippet(const Snippet& snippet) {
  if (!base::is_valid_utf8(snippet.text)) broken("a snippet is text", snippet.text);
  std::size_t end = 0;
  for (const auto& [mark_begin, mark_end] : snippet.marks) {
    require(mark_begin >= end && mark_begin <= mark_end && mark_end <= snippet.text.size(),
            "marks are in the text, one after the other");
    end = mark_end;
  }
}

std::vector<std::uint64_t> search_in_pages(const Store& store, SearchQuery query) {
  std::vector<std::uint64_t> revs;
  for (;;) {
    const SearchPage page = need(store.search("cj", query), "words that were accepted are accepted in pages");
    require(page.items.size() <= query.limit, "a page has a limit");
    for (const SearchHit& hit : page.items) {
      check_snippet(hit.snippet);
      revs.push_back(hit.rev);
    }
    if (!page.next) return revs;
    query.after = page.next;
  }
}

}  // namespace

void prepare() { (void)stores(); }

void try_input(Input input) {
  Choices choices(input.byte());
  SearchQuery query;
  if (choices.next()) query.match = SearchMatch::kAny;
  if (choices.next()) query.order = SearchOrder::kNewest;
  if (choices.next()) query.session = "second";
  if (choices.next()) query.modality = Modality::kVoice;
  if (choices.next()) query.from = test::day(-2000) + std::chrono::minutes(5);
  if (choices.next()) query.until = test::day(-2000) + std::chrono::minutes(20);
  const std::size_t page_items = input.byte() % limits::kSearchItemsMax + 1;
  query.words = std::string(input.rest());
  query.limit = limits::kSearchItemsMax;

  const auto whole = stores().with_index.search("cj", query);
  const bool is_text = base::is_valid_utf8(query.words) && query.words.find('\0') == std::string::npos;
  if (!whole) {
    const Error& error = whole.error();
    if (error.code != ErrorCode::kInvalid || error.field != "words")
      broken("words lead to no other error", told(error));
    return;
  }
  require(is_text && query.words.size() <= limits::kSearchBytesMax, "only text is searched for");
  std::vector<std::uint64_t> revs;
  for (const SearchHit& hit : whole->items) {
    check_snippet(hit.snippet);
    revs.push_back(hit.rev);
  }
  const auto unindexed = need(stores().without_index.search("cj", query), "words are accepted without an index too");
  std::vector<std::uint64_t> unindexed_revs;
  for (const SearchHit& hit : unindexed.items) unindexed_revs.push_back(hit.rev);
  if (query.order == SearchOrder::kBest) {
    std::ranges::sort(unindexed_revs);
  }
  std::vector<std::uint64_t> sorted = revs;
  if (query.order == SearchOrder::kBest) std::ranges::sort(sorted);
  if (sorted != unindexed_revs)
    broken("with an index and without one the same is found",
           fmt::format("{} and {}", revs.size(), unindexed_revs.size()));
  query.limit = page_items;
  require(search_in_pages(stores().with_index, query) == revs, "pages are what comes at once");
}

}  // namespace penny::fuzz
