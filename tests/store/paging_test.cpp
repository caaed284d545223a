// Lists that are read page by page to their end: nothing is lost and nothing comes twice, whatever the size of a page,
// and a key beyond the end gives an empty page.

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support/stores.hpp"

namespace penny::test {
namespace {

// A list's items by their names, from a key on. `read(key, limit)` gives a page.
template <class Key, class Read, class NameOf>
std::vector<std::string> all_pages(Key key, const std::function<std::size_t()>& next_limit, Read read, NameOf name_of) {
  std::vector<std::string> names;
  for (;;) {
    const std::size_t limit = next_limit();
    const auto page = must(read(key, limit));
    if (page.items.size() > limit) throw std::runtime_error("a page is longer than its limit");
    for (const auto& item : page.items) names.push_back(name_of(item));
    if (!page.next) return names;
    if (page.items.empty()) throw std::runtime_error("a page is empty, but not the last");
    key = *page.next;
  }
}

std::string by_rev(const auto& item) { return std::to_string(item.rev); }

// Every list of the store, each with its pages put together.
std::vector<std::vector<std::string>> all_lists(const Store& store, const std::function<std::size_t()>& next_limit) {
  const std::uint64_t first = 0;
  return {
      all_pages(
          first, next_limit, [&](std::uint64_t key, std::size_t limit) { return store.changes("cj", key, limit); },
          [](const Change& item) { return by_rev(item); }),
      all_pages(
          first, next_limit, [&](std::uint64_t key, std::size_t limit) { return store.all_changes(key, limit); },
          [](const Change& item) { return std::to_string(item.seq); }),
      all_pages(
          first, next_limit, [&](std::uint64_t key, std::size_t limit) { return store.facts("cj", key, limit); },
          [](const Fact& item) { return item.id.to_string(); }),
      all_pages(
          first, next_limit,
          [&](std::uint64_t key, std::size_t limit) { return store.evolution("cj", {}, key, limit); },
          [](const Evolution& item) { return by_rev(item); }),
      all_pages(
          first, next_limit,
          [&](std::uint64_t key, std::size_t limit) { return store.evolution("cj", "energy", key, limit); },
          [](const Evolution& item) { return by_rev(item); }),
      all_pages(
          first, next_limit, [&](std::uint64_t key, std::size_t limit) { return store.sessions("cj", key, limit); },
          [](const Session& item) { return item.id; }),
      all_pages(
          first, next_limit,
          [&](std::uint64_t key, std::size_t limit) { return store.session_turns("cj", "a", key, limit); },
          [](const Turn& item) { return by_rev(item); }),
      all_pages(
          first, next_limit,
          [&](std::uint64_t key, std::size_t limit) { return store.turns_between("cj", day(3), day(40), key, limit); },
          [](const Turn& item) { return by_rev(item); }),
      all_pages(
          std::string(), next_limit,
          [&](const std::string& key, std::size_t limit) { return store.preferences("cj", key, limit); },
          [](const Preference& item) { return item.key; }),
  };
}

// A memory of two users with everything in it.
void fill(Store& store) {
  for (int i = 0; i < 60; ++i) {
    const std::string user = i % 5 == 0 ? "ada" : "cj";
    const std::string name = std::to_string(i % 17);
    must(store.commit(
        Batch{.operations = {at_time(a_turn(user, "Hi", i % 3 == 0 ? std::optional("a" + name) : "a"), day(i)),
                             operation_of(user, SetPreference{.key = name, .value = "1"}),
                             operation_of(user, AdjustDimension{.name = i % 2 == 0 ? "energy" : "calm", .delta = 0.01}),
                             operation_of(user, RememberFact{.text = name})}}));
    if (i % 7 == 0) {
      const OperationId newest = must(store.facts(user, 0, 1000)).items.back().id;
      must(store.commit(operation_of(user, ForgetFact{.fact = newest})));
    }
  }
}

TEST(Paging, WithAnySizesGivesEveryItemOnce) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store);
  const auto whole = all_lists(store, [] { return std::size_t{1000}; });
  // 60 batches of 4 operations and 9 forgotten facts; 12 batches and 2 forgotten facts are the other user's.
  EXPECT_EQ(whole[0].size(), 60U * 4 + 9 - 12 * 4 - 2);
  EXPECT_EQ(whole[1].size(), 60U * 4 + 9);
  EXPECT_EQ(whole[2].size(), 48U - 7);
  EXPECT_EQ(whole[3].size(), 48U);
  for (const auto& list : whole) EXPECT_GT(list.size(), 5U);

  const bool is_good = rc::check("the pages of any sizes put together are the list", [&] {
    RC_ASSERT(all_lists(store, [] { return static_cast<std::size_t>(*rc::gen::inRange(1, 40)); }) == whole);
  });
  EXPECT_TRUE(is_good);
}

TEST(Paging, FromAKeyBeyondTheEndIsEmpty) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store);
  for (const std::uint64_t key : {std::uint64_t{1'000'000}, std::uint64_t{std::numeric_limits<std::int64_t>::max()},
                                  std::uint64_t{1} << 63U, std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_TRUE(must(store.changes("cj", key)).items.empty()) << key;
    EXPECT_TRUE(must(store.all_changes(key)).items.empty()) << key;
    EXPECT_TRUE(must(store.facts("cj", key)).items.empty()) << key;
    EXPECT_TRUE(must(store.evolution("cj", {}, key)).items.empty()) << key;
    EXPECT_TRUE(must(store.evolution("cj", "energy", key)).items.empty()) << key;
    EXPECT_TRUE(must(store.sessions("cj", key)).items.empty()) << key;
    EXPECT_TRUE(must(store.session_turns("cj", "a", key)).items.empty()) << key;
    EXPECT_TRUE(must(store.turns_between("cj", day(0), day(99), key)).items.empty()) << key;
  }
  EXPECT_TRUE(must(store.preferences("cj", "zzz")).items.empty());
}

}  // namespace
}  // namespace penny::test
