// Searching: complete at once, of the user alone, nothing that is forgotten, whatever happens to the index.

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <penny/penny.hpp>

#include "proof/basics/chapter.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::proof::basics {
namespace {

using test::must;
using test::operation_of;

constexpr std::chrono::seconds kIndexedWithin{30};

void say(Store& store, const std::string& user, const std::string& words) {
  (void)must(store.commit(operation_of(user, AppendTurn{.user_input = words, .assistant_response = "Yes"})));
}

std::vector<std::uint64_t> found(const Store& store, const std::string& user, const std::string& words) {
  std::vector<std::uint64_t> revs;
  for (const SearchHit& hit : must(store.search(user, {.words = words})).items) revs.push_back(hit.rev);
  return revs;
}

}  // namespace

void searching(Report& report) {
  using Revs = std::vector<std::uint64_t>;
  const test::StoreFolder folder;
  Store store = folder.open();
  say(store, "ada", "the red kettle");
  report.check("The search index catches up with what is written", must(store.wait_for_search_index(kIndexedWithin)));

  const std::string complete = "A search finds everything that was acknowledged before it began";
  for (int i = 0; i < 50; ++i) {
    const std::string word = fmt::format("word{}", i);
    say(store, "ada", word);
    same(report, complete, found(store, "ada", word), Revs{static_cast<std::uint64_t>(i) + 2}, word);
  }
  const std::string own = "A search finds nothing of other users";
  say(store, "ben", "the blue kettle");
  for (int round = 0; round < 2; ++round) {
    same(report, own, found(store, "ben", "kettle"), Revs{1}, "ben");
    same(report, own, found(store, "ada", "kettle"), Revs{1}, "ada");
    same(report, own, found(store, "eve", "kettle"), Revs{}, "eve");
    (void)must(store.wait_for_search_index(kIndexedWithin));
  }

  const std::string forgotten = "What is forgotten is found no more, and its words leave the index";
  const OperationId fact = OperationId::make();
  (void)must(store.commit(test::with_id(operation_of("ada", RememberFact{.text = "mnopqrstuv"}), fact)));
  (void)must(store.wait_for_search_index(kIndexedWithin));
  same(report, forgotten, found(store, "ada", "mnopqrstuv"), Revs{52}, "before");
  (void)must(store.commit(operation_of("ada", ForgetFact{.fact = fact})));
  same(report, forgotten, found(store, "ada", "mnopqrstuv"), Revs{}, "after");
  (void)must(store.wait_for_search_index(kIndexedWithin));
  const std::string index = folder.path() + "-search";
  const bool has_left = test::until([&] {
    return (test::bytes_of_file(index) + test::bytes_of_file(index + "-wal")).find("mnopqrstuv") == std::string::npos;
  });
  report.check(forgotten, has_left, "the word is still in the files of the index");

  const std::string anew = "A damaged search index is made anew, and searches go on meanwhile";
  test::write_file(index, std::string(40'000, 'x'));
  same(report, anew, found(store, "ada", "word17"), Revs{19}, "meanwhile");
  const bool is_whole = test::until([&] {
    return must(store.wait_for_search_index(kIndexedWithin)) && test::bytes_of_file(index).starts_with("SQLite format");
  });
  report.check(anew, is_whole, "the index is still rubbish");
  same(report, anew, found(store, "ada", "word17"), Revs{19}, "then");
}

}  // namespace penny::proof::basics
