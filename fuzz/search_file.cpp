// The search index and its log, damaged while nobody has them open: searches are answered all the same, and with nothing that was
// not said; where the damage is noticed the index is made anew, and then everything is found again.
//
// Input: a byte of choices, then patches of the index's two files, one behind the other (support/patches.hpp).

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "support/input.hpp"
#include "support/patches.hpp"
#include "support/prepared_store.hpp"
#include "support/require.hpp"
#include "support/stores.hpp"
#include "support/target.hpp"

namespace penny::fuzz {
namespace {

using Revs = std::vector<std::uint64_t>;

const SearchQuery kQueries[] = {{.words = "tea"},
                                {.words = "green architecture", .match = SearchMatch::kAny},
                                {.words = "\"green cup\" caf*"},
                                {.words = "tea", .order = SearchOrder::kNewest},
                                {.words = "what", .session = "second", .modality = Modality::kVoice}};

// The revs that a search finds, in order of revs.
Revs revs_of(const SearchPage& page) {
  Revs revs;
  for (const SearchHit& hit : page.items) revs.push_back(hit.rev);
  std::ranges::sort(revs);
  return revs;
}

std::vector<Revs> search_all(const Store& store) {
  std::vector<Revs> found;
  for (const SearchQuery& query : kQueries)
    found.push_back(revs_of(need(store.search("cj", query), "a damaged index keeps nobody from searching")));
  return found;
}

struct Prepared {
  Prepared() : store(Log::kFull, true), found(search_all(test::must(Store::open(store.path())))) {}
  PreparedStore store;
  std::vector<Revs> found;
};

const Prepared& prepared() {
  static const Prepared made;
  return made;
}

ino_t number_of(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

void prepare() { (void)prepared(); }

void try_input(Input input) {
  Choices choices(input.byte());
  const bool is_read_only = choices.next();
  const bool is_awaited = choices.next() && !is_read_only;
  const PreparedStore& store_files = prepared().store;
  Image image = store_files.image();
  const std::size_t index_bytes = image.index.size();
  std::string both = image.index + image.index_log;
  patch(both, input);
  image.index = both.substr(0, index_bytes);
  image.index_log = both.size() > index_bytes ? both.substr(index_bytes) : "";
  store_files.write(image, true);
  const std::string path = store_files.path() + "-search";
  const ino_t before = number_of(path);

  const Store store =
      need(Store::open(store_files.path(), {.create = false, .read_only = is_read_only}), "the store itself is whole");
  for (const SearchQuery& query : kQueries) {
    const SearchPage page = need(store.search("cj", query), "a damaged index keeps nobody from searching");
    for (const SearchHit& hit : page.items) {
      if (hit.snippet.marks.empty()) broken("what is found has the words", fmt::format("rev {}", hit.rev));
    }
  }
  if (!is_awaited) return;
  require(need(store.wait_for_search_index(std::chrono::seconds(20)), "an index can be awaited"),
          "a damaged index is brought up to date");
  const std::vector<Revs> found = search_all(store);
  if (number_of(path) != before && found != prepared().found) broken("an index that was made anew finds everything");
}

}  // namespace penny::fuzz
