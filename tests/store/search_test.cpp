// Searching: what is found, in what order, at once after it was acknowledged, and never anybody else's.

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/raw_database.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Operation said(std::string user, std::string input, std::string response = "Yes",
               std::optional<std::string> session = std::nullopt, Modality modality = Modality::kChat) {
  return operation_of(std::move(user), AppendTurn{.user_input = std::move(input),
                                                  .assistant_response = std::move(response),
                                                  .modality = modality,
                                                  .session = std::move(session)});
}

class SearchTest : public ::testing::Test {
 protected:
  std::uint64_t store(Operation operation) { return must(store_.commit(std::move(operation))).rev; }

  std::vector<std::uint64_t> hits(const SearchQuery& query, const std::string& user = "cj") {
    std::vector<std::uint64_t> found;
    for (const SearchHit& hit : must(store_.search(user, query)).items) found.push_back(hit.rev);
    return found;
  }
  std::vector<std::uint64_t> revs(const std::string& words, const std::string& user = "cj") {
    return hits({.words = words}, user);
  }
  void index() { ASSERT_TRUE(must(store_.wait_for_search_index(seconds(30)))); }
  [[nodiscard]] std::string index_path() const { return folder_.path() + "-search"; }

  StoreFolder folder_;
  Store store_ = folder_.open();
};

using Revs = std::vector<std::uint64_t>;

Revs sorted(Revs revs) {
  std::ranges::sort(revs);
  return revs;
}

// A thread that wakes in the middle of indexing must not wait for the indexer's share of a processor.
TEST_F(SearchTest, IsIndexedByAThreadThatGivesWay) {
  const auto quiet_threads = [] {
    std::size_t count = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
      count += ::sched_getscheduler(std::stoi(task.path().filename())) == SCHED_IDLE ? 1U : 0U;
    return count;
  };
  EXPECT_EQ(quiet_threads(), 0U);
  store(said("cj", "the lamp is green"));
  index();
  EXPECT_EQ(quiet_threads(), 1U);
}

TEST_F(SearchTest, FindsWordsPhrasesAndBeginsBeforeAndAfterIndexing) {
  store(said("cj", "I like green tea in the morning"));
  store(said("cj", "The tea was cold", "A green cup, then"));
  store(said("cj", "Running shoes hurt", "Café Zürich sells plasters"));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(revs("shoes"), Revs{3});
    EXPECT_EQ(revs("SHOE"), Revs{3});  // case, and English endings
    EXPECT_EQ(revs("run"), Revs{3});
    EXPECT_EQ(revs("cafe zurich"), Revs{3});  // accents
    EXPECT_EQ(sorted(revs("green tea")), (Revs{1, 2}));
    EXPECT_EQ(revs("\"green tea\""), Revs{1});
    EXPECT_EQ(revs("morn*"), Revs{1});
    EXPECT_EQ(revs("orning"), Revs{});
    EXPECT_EQ(revs("tea shoes"), Revs{});
    EXPECT_EQ(sorted(hits({.words = "cold shoes", .match = SearchMatch::kAny})), (Revs{2, 3}));
    index();
  }
}

TEST_F(SearchTest, NothingInTheWordsIsSyntax) {
  store(said("cj", "a AND b OR NOT c NEAR(d) \"quoted\" labels:u1 user_input : x * ^ - + ( ) { }"));
  index();
  for (const std::string words :
       {"AND",  "NOT",   "OR", "NEAR(", "a AND b", "NOT c",  "labels:u1", "user_input:x", "(",   ")",        "^a",
        "-a",   "{}",    "'",  ";",     "\"",      "\"\"\"", "a\"",       "*a",           "a *", "\"quoted", "--",
        "\x01", "a:b:c", "😀", "\\",    "%",       "_"}) {
    const auto page = store_.search("cj", {.words = words});
    if (!page) {
      EXPECT_EQ(page.error().code, ErrorCode::kInvalid) << words;
      EXPECT_EQ(page.error().field, "words") << words;
    }
  }
  EXPECT_EQ(revs("AND"), Revs{1});
  EXPECT_EQ(revs("a ! b"), Revs{1});  // what is no word does not count
  EXPECT_EQ(revs("!"), Revs{});
}

TEST_F(SearchTest, NarrowsBySessionModalityAndTime) {
  store(at_time(said("cj", "tea one", "-", "morning", Modality::kChat), day(1)));
  store(at_time(said("cj", "tea two", "-", "morning", Modality::kVoice), day(2)));
  store(at_time(said("cj", "tea three", "-", "evening", Modality::kVoice), day(3)));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(hits({.words = "tea", .order = SearchOrder::kNewest, .session = "morning"}), (Revs{2, 1}));
    EXPECT_EQ(hits({.words = "tea", .order = SearchOrder::kNewest, .modality = Modality::kVoice}), (Revs{3, 2}));
    EXPECT_EQ(hits({.words = "tea", .session = "morning", .modality = Modality::kVoice}), Revs{2});
    EXPECT_EQ(hits({.words = "tea", .order = SearchOrder::kNewest, .from = day(2)}), (Revs{3, 2}));
    EXPECT_EQ(hits({.words = "tea", .from = day(2), .until = day(3)}), Revs{2});
    EXPECT_EQ(hits({.words = "tea", .session = "never"}), Revs{});
    index();
  }
}

TEST_F(SearchTest, FindsFactsUntilTheyAreForgotten) {
  const OperationId fact = OperationId::make();
  store(with_id(operation_of("cj", RememberFact{.text = "is allergic to peanuts"}), fact));
  for (int round = 0; round < 2; ++round) {
    const auto page = must(store_.search("cj", {.words = "peanut"}));
    ASSERT_EQ(page.items.size(), 1U);
    EXPECT_EQ(std::get<Fact>(page.items[0].found).id, fact);
    EXPECT_EQ(std::get<Fact>(page.items[0].found).text, "is allergic to peanuts");
    index();
  }
  store(operation_of("cj", ForgetFact{.fact = fact}));
  EXPECT_EQ(revs("peanut"), Revs{});
  index();
  EXPECT_EQ(revs("peanut"), Revs{});
}

// Planted: forgotten_stays_in_the_index.
TEST_F(SearchTest, ForgottenWordsLeaveTheIndex) {
  const OperationId fact = OperationId::make();
  store(with_id(operation_of("cj", RememberFact{.text = "zyxwvutsrq is the word"}), fact));
  store(said("cj", "something else"));
  index();
  const auto is_in_files = [&] {
    return (bytes_of_file(index_path()) + bytes_of_file(index_path() + "-wal")).find("zyxwvutsrq") != std::string::npos;
  };
  EXPECT_TRUE(is_in_files());
  store(operation_of("cj", ForgetFact{.fact = fact}));
  index();
  EXPECT_TRUE(until([&] { return !is_in_files(); }));
  EXPECT_EQ(revs("else"), Revs{2});
}

TEST_F(SearchTest, GivesSnippetsWithMarks) {
  store(said("cj",
             "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
             "seventeen eighteen\nneedle nineteen twenty"));
  const auto page = must(store_.search("cj", {.words = "needle"}));
  ASSERT_EQ(page.items.size(), 1U);
  const Snippet& snippet = page.items[0].snippet;
  ASSERT_EQ(snippet.marks.size(), 1U);
  EXPECT_EQ(snippet.text.substr(snippet.marks[0].first, snippet.marks[0].second - snippet.marks[0].first), "needle");
  EXPECT_EQ(snippet.text.find('\n'), std::string::npos);
  EXPECT_LT(snippet.text.size(), 130U);
}

TEST_F(SearchTest, PagesByKey) {
  std::set<std::uint64_t> all;
  for (int i = 0; i < 25; ++i)
    all.insert(store(said("cj", "tea " + std::string(static_cast<std::size_t>(i) % 5, 'x'))));
  for (const SearchOrder order : {SearchOrder::kBest, SearchOrder::kNewest}) {
    std::set<std::uint64_t> seen;
    std::optional<SearchKey> after;
    int pages = 0;
    do {
      const auto page = must(store_.search("cj", {.words = "tea", .order = order, .after = after, .limit = 10}));
      for (const SearchHit& hit : page.items) EXPECT_TRUE(seen.insert(hit.rev).second);
      after = page.next;
      pages += 1;
    } while (after && pages < 10);
    EXPECT_EQ(seen, all);
    EXPECT_EQ(pages, 3);
  }
}

TEST_F(SearchTest, KnowsNobodyElsesWords) {
  for (int i = 0; i < 50; ++i) store(said("other", "secret plans"));
  store(said("cj", "my secret"));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(revs("secret"), Revs{1});
    EXPECT_EQ(revs("plans"), Revs{});
    EXPECT_EQ(revs("u2"), Revs{});
    EXPECT_EQ(revs("secret", "nobody"), Revs{});
    index();
  }
  // What others wrote does not change a score.
  const double score = must(store_.search("cj", {.words = "secret"})).items[0].score;
  StoreFolder alone;
  Store lonely = alone.open();
  (void)must(lonely.commit(said("cj", "my secret")));
  EXPECT_DOUBLE_EQ(must(lonely.search("cj", {.words = "secret"})).items[0].score, score);
}

// Planted: search_trusts_the_index_alone.
TEST_F(SearchTest, MissesNothingThatWasAcknowledgedWhileFourThreadsWrite) {
  store(said("cj", "start"));
  index();
  std::vector<std::thread> writers;
  std::atomic<int> missed{0};
  for (int number = 0; number < 4; ++number) {
    writers.emplace_back([&, number] {
      for (int i = 0; i < 100; ++i) {
        const std::string word = "word" + std::to_string(number) + "x" + std::to_string(i);
        const std::uint64_t rev = must(store_.commit(said("cj", word))).rev;
        const auto page = must(store_.search("cj", {.words = word}));
        if (page.items.size() != 1 || page.items[0].rev != rev || page.rev < rev) missed += 1;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(missed, 0);
}

TEST_F(SearchTest, SaysWhenTooMuchIsNotIndexedYet) {
  Store writer = folder_.open();
  for (int i = 0; i < 34; ++i) {
    Batch batch;
    for (int k = 0; k < 64; ++k) batch.operations.push_back(said("cj", i == 0 && k == 0 ? "oldest needle" : "hay"));
    (void)must(writer.commit(std::move(batch)));
  }
  const auto before = patiently([&] { return store_.search("cj", {.words = "hay", .limit = 1}); });
  if (!before.is_complete) {  // else the indexer was very fast
    EXPECT_LT(before.indexed_to, before.rev);
  }
  index();
  const auto after = must(store_.search("cj", {.words = "needle"}));
  EXPECT_TRUE(after.is_complete);
  EXPECT_EQ(after.indexed_to, after.rev);
  ASSERT_EQ(after.items.size(), 1U);
  EXPECT_EQ(after.items[0].rev, 1U);
}

TEST_F(SearchTest, MakesAMissingOrDamagedIndexAnewWhileOthersWrite) {
  for (int i = 0; i < 300; ++i) store(said("cj", "tea " + std::to_string(i)));
  index();
  std::atomic<bool> is_to_end{false};
  std::thread writer([&] {
    while (!is_to_end) (void)must(store_.commit(said("busy", "working")));
  });
  const auto recovers = [&] {
    return until([&] {
      return must(store_.wait_for_search_index(seconds(30))) && revs("\"tea 17\"") == Revs{18} &&
             std::filesystem::exists(index_path());
    });
  };
  // Rubbish over everything but the first page, then over everything, then nothing at all.
  const auto whole = bytes_of_file(index_path());
  {
    std::fstream file(index_path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(std::max<std::size_t>(whole.size(), 8192) - 4096, 'X');
  }
  EXPECT_EQ(revs("\"tea 17\""), Revs{18});  // found in the ledger's latest rows
  EXPECT_TRUE(recovers());
  write_file(index_path(), std::string(whole.size(), 'Y'));
  EXPECT_EQ(revs("\"tea 17\""), Revs{18});
  EXPECT_TRUE(recovers());
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(index_path() + suffix);
  EXPECT_EQ(revs("\"tea 17\""), Revs{18});
  is_to_end = true;
  writer.join();
  Store again = folder_.open();
  EXPECT_TRUE(must(again.wait_for_search_index(seconds(30))));
  EXPECT_EQ(must(store_.verify()).problems, std::vector<std::string>());
}

TEST_F(SearchTest, AnIndexOfAnotherLedgerIsNotTrusted) {
  for (int i = 0; i < 10; ++i) store(said("cj", "tea"));
  index();
  store_.close();
  StoreFolder other;
  Store stranger = other.open();
  for (int i = 0; i < 10; ++i) (void)must(stranger.commit(said("cj", "coffee")));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    if (std::filesystem::exists(index_path() + suffix))
      std::filesystem::copy_file(index_path() + suffix, other.path() + "-search" + suffix);
  }
  EXPECT_EQ(must(stranger.search("cj", {.words = "coffee"})).items.size(), 10U);
  EXPECT_TRUE(must(stranger.wait_for_search_index(seconds(30))));
  EXPECT_EQ(must(stranger.search("cj", {.words = "tea"})).items.size(), 0U);
  EXPECT_EQ(must(stranger.search("cj", {.words = "coffee"})).items.size(), 10U);
}

TEST_F(SearchTest, AnotherProcessTakesTheIndexOver) {
  store(said("cj", "first"));
  Store second = folder_.open();
  index();
  (void)must(second.search("cj", {.words = "first"}));  // its thread waits for the lock
  store_.close();
  (void)must(second.commit(said("cj", "second")));
  EXPECT_TRUE(must(second.wait_for_search_index(seconds(30))));
  EXPECT_EQ(must(second.search("cj", {.words = "second"})).items.size(), 1U);
}

TEST_F(SearchTest, RefusesWhatMakesNoSense) {
  EXPECT_EQ(refusal(store_.search("cj", {.words = ""})).field, "words");
  EXPECT_EQ(refusal(store_.search("", {.words = "tea"})).code, ErrorCode::kInvalid);
  EXPECT_EQ(refusal(store_.search("cj", {.words = "tea", .limit = 0})).field, "limit");
  EXPECT_EQ(refusal(store_.search("cj", {.words = "tea", .limit = 101})).field, "limit");
  store_.close();
  EXPECT_EQ(refusal(store_.search("cj", {.words = "tea"})).code, ErrorCode::kClosed);
}

TEST_F(SearchTest, NeverWrites) {
  store(said("cj", "tea"));
  index();
  const std::string before = bytes_on_disk(folder_.path());
  for (int i = 0; i < 20; ++i) (void)revs("tea");
  EXPECT_EQ(bytes_on_disk(folder_.path()), before);
}

}  // namespace
}  // namespace penny::test
