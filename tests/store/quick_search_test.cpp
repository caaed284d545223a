// Searches that must not wait: bounded work, and still nobody else's words.

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "support/stores.hpp"

namespace penny::test {
namespace {

using std::chrono::seconds;

class QuickSearchTest : public ::testing::Test {
 protected:
  std::uint64_t say(const std::string& user, const std::string& words) {
    return must(store_.commit(operation_of(user, AppendTurn{.user_input = words, .assistant_response = "Yes"}))).rev;
  }
  // So many turns, each with a word of its own.
  void chat(const std::string& user, int turns, const std::string& words) {
    for (int done = 0; done < turns;) {
      Batch batch;
      for (; done < turns && batch.operations.size() < limits::kBatchOperationsMax; ++done) {
        const std::string number = std::to_string(done);
        batch.operations.push_back(
            operation_of(user, AppendTurn{.user_input = words + " n" + number, .assistant_response = "Yes"}));
      }
      (void)must(store_.commit(std::move(batch)));
    }
  }
  void index() { ASSERT_TRUE(must(store_.wait_for_search_index(seconds(60)))); }

  [[nodiscard]] static SearchQuery quickly(std::string words) {
    return {.words = std::move(words), .match = SearchMatch::kAny, .is_quick = true};
  }
  std::vector<std::uint64_t> hits(const SearchQuery& query, const std::string& user = "cj") {
    std::vector<std::uint64_t> found;
    for (const SearchHit& hit : must(store_.search(user, query)).items) found.push_back(hit.rev);
    return found;
  }

  StoreFolder folder_;
  Store store_ = folder_.open();
};

using Revs = std::vector<std::uint64_t>;
constexpr int kMany = 3'001;  // operations, from which on it is another search

TEST_F(QuickSearchTest, OfFewOperationsItIsTheSameAsAnyOther) {
  for (const char* words : {"green tea", "tea tea and tea", "a cup of tea, a very long story of it", "coffee"})
    say("cj", words);
  for (int round = 0; round < 2; ++round) {
    SearchQuery query = quickly("tea cup story");
    const auto quick = must(store_.search("cj", query));
    query.is_quick = false;
    const auto exact = must(store_.search("cj", query));
    ASSERT_EQ(quick.items.size(), exact.items.size());
    for (std::size_t hit = 0; hit < quick.items.size(); ++hit) {
      EXPECT_EQ(quick.items[hit].rev, exact.items[hit].rev);
      EXPECT_EQ(quick.items[hit].score, exact.items[hit].score);
    }
    EXPECT_TRUE(quick.is_complete);
    index();
  }
}

// Planted: search_over_all_users.
TEST_F(QuickSearchTest, FindsTheBestOfAllThatTheUserEverSaidAndNothingOfOthers) {
  const std::uint64_t old = say("cj", "The zebra ate a lemon");
  say("other", "The zebra ate a lemon");
  chat("cj", kMany, "we talked about lunch");
  const std::uint64_t lemon = say("cj", "A lemon again");
  say("other", "zebra zebra lemon");
  index();
  const auto page = must(store_.search("cj", quickly("zebra lemon")));
  ASSERT_EQ(page.items.size(), 2U);
  EXPECT_EQ(page.items[0].rev, old);
  EXPECT_EQ(page.items[1].rev, lemon);
  EXPECT_GT(page.items[0].score, page.items[1].score);
  EXPECT_TRUE(page.is_complete);
  EXPECT_FALSE(page.next);
  EXPECT_TRUE(page.items[0].snippet.text.empty());

  // What others say does not move a score.
  chat("other", 200, "zebra lemon");
  index();
  const auto again = must(store_.search("cj", quickly("zebra lemon")));
  ASSERT_EQ(again.items.size(), 2U);
  EXPECT_EQ(again.items[0].score, page.items[0].score);
  EXPECT_EQ(hits(quickly("zebra"), "other").size(), 10U);  // few operations: an ordinary search
}

TEST_F(QuickSearchTest, FindsWhatWasSaidAMomentAgoAndNoMoreWhatWasForgotten) {
  const OperationId id = OperationId::make();
  const std::uint64_t said =
      must(store_.commit(with_id(
               operation_of("cj", AppendTurn{.user_input = "a zebra crossing", .assistant_response = "Yes"}), id)))
          .rev;
  chat("cj", kMany, "we talked about lunch");
  index();
  EXPECT_EQ(hits(quickly("zebra")), Revs{said});
  const std::uint64_t now = say("cj", "another zebra");
  EXPECT_EQ(hits(quickly("zebra")), (Revs{now, said}));  // of equals the newer
  (void)must(store_.commit(operation_of("cj", ForgetTurn{.turn = id})));
  EXPECT_EQ(hits(quickly("zebra")), Revs{now});
  index();
  EXPECT_EQ(hits(quickly("zebra")), Revs{now});
}

TEST_F(QuickSearchTest, OfAWordThatIsEverywhereTheLatestAreFound) {
  chat("cj", 9'000, "we talked about lunch");
  index();
  const auto page = must(store_.search("cj", quickly("lunch")));
  ASSERT_EQ(page.items.size(), 10U);
  EXPECT_EQ(page.items[0].rev, 9'000U);
  EXPECT_EQ(page.items[9].rev, 8'991U);
  EXPECT_FALSE(page.is_complete);
  // A rare word beside it counts for more.
  EXPECT_EQ(hits(quickly("lunch n17")).front(), 18U);
}

TEST_F(QuickSearchTest, ANarrowedOneIsSearchedAsEver) {
  chat("cj", kMany, "we talked about lunch");
  index();
  SearchQuery query = quickly("n17 n18");
  query.modality = Modality::kChat;
  const auto page = must(store_.search("cj", query));
  ASSERT_EQ(page.items.size(), 2U);
  EXPECT_FALSE(page.items[0].snippet.text.empty());
  query.modality.reset();
  query.match = SearchMatch::kAll;
  EXPECT_TRUE(hits(query).empty());
}

}  // namespace
}  // namespace penny::test
