// Searching from several processes: whoever keeps the index may be killed or fork at any moment.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/forked.hpp"
#include "base/proof.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::test {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::size_t kPageMax = limits::kSearchItemsMax;

class SearchProcesses : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return folder_.path(); }

  // How many turns of the user have the word, page by page.
  static std::size_t found(const Store& store, const std::string& user, const std::string& word) {
    std::size_t count = 0;
    SearchQuery query{.words = word, .order = SearchOrder::kNewest, .limit = kPageMax};
    for (;;) {
      const SearchPage page = must(store.search(user, query));
      count += page.items.size();
      if (!page.next) return count;
      query.after = page.next;
    }
  }

  // How often the other threads of this process went to sleep.
  static std::uint64_t sleeps_of_others() {
    std::uint64_t sleeps = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      if (task.path().filename() == std::to_string(gettid())) continue;
      std::ifstream status(task.path() / "status");
      constexpr std::string_view kSleeps = "voluntary_ctxt_switches:";
      for (std::string line; std::getline(status, line);) {
        if (line.starts_with(kSleeps)) sleeps += std::stoull(line.substr(kSleeps.size()));
      }
    }
    return sleeps;
  }

  StoreFolder folder_;
};

// What is there in the end is what a new index of the same ledger has: nothing twice, nothing missing.
TEST_F(SearchProcesses, WhoKeepsTheIndexIsKilledAgainAndAgain) {
  Store store = folder_.open();
  std::minstd_rand random{7};
  std::size_t written = 0;
  for (int round = 0; round < 25; ++round) {
    StoreUser keeper(path());
    (void)keeper.ask("search cj gardening");
    for (const auto end = std::chrono::steady_clock::now() + microseconds(random() % 40'000);
         std::chrono::steady_clock::now() < end;) {
      must(store.commit(a_turn("cj", "gardening in the rain")));
      written += 1;
    }
    keeper.kill();
    if (round % 5 == 0) {
      EXPECT_EQ(found(store, "cj", "gardening"), written) << round;
    }
  }
  ASSERT_TRUE(must(store.wait_for_search_index(seconds(30))));
  EXPECT_EQ(found(store, "cj", "gardening"), written);
  EXPECT_EQ(found(store, "cj", "garden"), written);
}

// Or each commit would wake a thread of every process that has searched.
TEST_F(SearchProcesses, WhoDoesNotKeepTheIndexSleepsThroughCommits) {
  constexpr std::uint64_t kCommits = 300;
  StoreUser keeper(path());
  (void)keeper.ask("search cj gardening");
  ASSERT_TRUE(until([&] { return std::filesystem::exists(path() + "-search"); }));
  const Store store = folder_.open();
  (void)found(store, "cj", "gardening");  // its thread finds that the keeper has the lock
  const std::uint64_t before = sleeps_of_others();
  for (std::uint64_t commit = 0; commit < kCommits; ++commit)
    EXPECT_EQ(keeper.commit("cj", OperationId::make().to_string()).outcome, "stored");
  EXPECT_LT(sleeps_of_others() - before, kCommits / 5);
}

TEST_F(SearchProcesses, ParentAndChildOfAForkGoOnSearching) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer cannot start threads in a forked child";
#endif
  Store store = folder_.open();
  for (int i = 0; i < 300; ++i) must(store.commit(a_turn("cj", "gardening in the rain")));
  (void)must(store.search("cj", {.words = "rain"}));  // the indexer is at work from here on
  const std::string said = base::in_forked_child([&]() -> std::string {
    alarm(60);
    must(store.commit(a_turn("cj", "the child was gardening")));
    if (!must(store.wait_for_search_index(seconds(30)))) return "not indexed";
    return std::to_string(found(store, "cj", "gardening"));
  });
  EXPECT_EQ(said, "301");
  must(store.commit(a_turn("cj", "the parent was gardening")));
  ASSERT_TRUE(must(store.wait_for_search_index(seconds(30))));
  EXPECT_EQ(found(store, "cj", "gardening"), 302U);
}

#ifdef PENNY_PROOF

const char* point_of_death = "";

void die_at_the_point(const char* point) {
  if (std::string_view(point) == point_of_death) (void)raise(SIGKILL);
}

TEST_F(SearchProcesses, KilledAtEachMarkedPointMissesNothing) {
  std::size_t written = 0;
  for (const char* point : {"index.made", "index.before_commit", "index.committed"}) {
    for (int i = 0; i < 50; ++i) must(folder_.open().commit(a_turn("cj", "gardening in the rain")));
    written += 50;
    const pid_t child = fork();
    if (child == 0) {
      alarm(60);
      point_of_death = point;
      base::proof::set_point_hook(die_at_the_point);
      const auto store = Store::open(path());
      if (store) (void)store->wait_for_search_index(seconds(30));
      _exit(1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << point << " was not reached";
    const Store store = folder_.open();
    EXPECT_EQ(found(store, "cj", "gardening"), written) << point;
  }
  const Store store = folder_.open();
  ASSERT_TRUE(must(store.wait_for_search_index(seconds(30))));
  EXPECT_EQ(found(store, "cj", "gardening"), written);
}

#endif

}  // namespace
}  // namespace penny::test
