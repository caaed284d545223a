// Attacks the invariants at the head of src/store/gate.hpp. A Gate is one open file description, so several in one
// process exclude each other as those of several processes do; what death and SIGSTOP do is tested with real processes
// elsewhere.

#include "store/gate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "base/temporary_folder.hpp"
#include "support/until.hpp"

namespace penny::store {
namespace {

using Clock = std::chrono::steady_clock;
using penny::test::until;
using std::chrono::milliseconds;

bool always() { return true; }

class GateTest : public ::testing::Test {
 protected:
  GateTest() {
    auto paths = base::prepare_paths(folder_ / "memory.db", true);
    EXPECT_TRUE(paths);
    paths_ = *paths;
    auto page = GatePage::open(paths_, true);
    EXPECT_TRUE(page);
    page_ = std::move(*page);
    page_->make_valid_for("0123456789abcdef");
  }

  std::unique_ptr<Gate> open_gate() {
    auto gate = Gate::open(paths_, *page_);
    EXPECT_TRUE(gate);
    return std::move(*gate);
  }

  struct Competition {
    std::vector<int> entries;    // of each worker
    int overlaps = 0;            // two were inside at once
    std::vector<int> overtaken;  // of each worker: entries before which more others came in than can have waited longer
  };

  // Each worker enters as often as it can until the time is over.
  Competition compete(int workers, milliseconds duration) {
    std::vector<int> entries(static_cast<std::size_t>(workers));
    std::atomic<int> overlaps{0};
    std::vector<int> overtaken(static_cast<std::size_t>(workers));
    std::atomic<int> entered{0};
    std::atomic<int> inside{0};
    std::atomic<int> ready{0};
    const auto until = Clock::now() + duration;
    std::vector<std::thread> threads;
    for (int worker = 0; worker < workers; ++worker) {
      threads.emplace_back([&, worker] {
        const auto gate = open_gate();
        ready.fetch_add(1);
        while (ready.load() < workers) std::this_thread::yield();
        while (Clock::now() < until) {
          const int entered_before = entered.load();
          if (!gate->enter(always)) continue;
          if (entered.fetch_add(1) - entered_before > workers) overtaken[static_cast<std::size_t>(worker)] += 1;
          if (inside.fetch_add(1) != 0) overlaps.fetch_add(1);
          const auto work_until = Clock::now() + std::chrono::microseconds(200);
          while (Clock::now() < work_until) {
          }
          inside.fetch_sub(1);
          entries[static_cast<std::size_t>(worker)] += 1;
          gate->leave();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    return {.entries = entries, .overlaps = overlaps.load(), .overtaken = overtaken};
  }

  base::TemporaryFolder folder_;
  base::StorePaths paths_;
  std::unique_ptr<GatePage> page_;
};

TEST_F(GateTest, OnlyOneIsInsideAndEveryWaiterGetsItsTurn) {
  const Competition competition = compete(8, milliseconds(1000));
  EXPECT_EQ(competition.overlaps, 0);
  EXPECT_GT(*std::ranges::min_element(competition.entries), 0);
  // In order of arrival only those who waited longer come first. The slack is for workers that the scheduler took off the
  // processor before they could draw a ticket, or when it was their turn.
  for (std::size_t worker = 0; worker < competition.entries.size(); ++worker) {
    EXPECT_LE(competition.overtaken[worker] * 100, competition.entries[worker] * 40)
        << competition.overtaken[worker] << " of " << competition.entries[worker];
  }
}

TEST_F(GateTest, AGarbagePageCostsOrderButNotExclusion) {
  std::atomic<bool> is_over{false};
  std::thread vandal([&] {
    std::uint32_t word = 12345;
    while (!is_over.load()) {
      word = word * 1664525U + 1013904223U;
      page_->serving().store(word);
      page_->ticket().store(word * 7U);
      page_->entries().store(word * 13U);
      std::this_thread::sleep_for(milliseconds(1));
    }
  });
  const Competition competition = compete(6, milliseconds(1000));
  is_over.store(true);
  vandal.join();
  EXPECT_EQ(competition.overlaps, 0);
  EXPECT_GT(*std::ranges::min_element(competition.entries), 0);
}

TEST_F(GateTest, AServingWordBeyondEveryTicketIsRepairedByTheNextOneInside) {
  page_->serving().store(page_->ticket().load() + 1'000'000'000U);
  const auto gate = open_gate();
  ASSERT_TRUE(gate->enter(always));
  gate->leave();
  EXPECT_EQ(page_->serving().load(), page_->ticket().load());
}

TEST_F(GateTest, AWaitEndsWhenItIsToldTo) {
  const auto holder = open_gate();
  ASSERT_TRUE(holder->try_enter());
  const auto waiter = open_gate();
  const auto begin = Clock::now();
  EXPECT_FALSE(waiter->enter([&] { return Clock::now() - begin < milliseconds(100); }));
  EXPECT_GE(Clock::now() - begin, milliseconds(100));
  holder->leave();
  EXPECT_TRUE(waiter->enter(always));
}

TEST_F(GateTest, AnAbandonedTicketDelaysTheNextOneByLittle) {
  const auto holder = open_gate();
  ASSERT_TRUE(holder->try_enter());
  const auto quitter = open_gate();
  ASSERT_FALSE(quitter->enter([] { return false; }));
  holder->leave();
  const auto next = open_gate();
  const auto begin = Clock::now();
  ASSERT_TRUE(next->enter(always));
  const auto waited = Clock::now() - begin;
  EXPECT_GE(waited, milliseconds(15)) << "nobody called it, so it must have come out of turn";
  EXPECT_LT(waited, milliseconds(1000));
  next->leave();
  EXPECT_TRUE(holder->try_enter()) << "the order is whole again";
}

TEST_F(GateTest, TryingDoesNotOvertakeWhoeverWaits) {
  const auto holder = open_gate();
  ASSERT_TRUE(holder->try_enter());
  std::atomic<bool> is_waiting{false};
  std::atomic<bool> may_go_on{false};
  std::thread waiting([&] {
    const auto waiter = open_gate();
    EXPECT_TRUE(waiter->enter([&] {
      is_waiting.store(true);
      while (!may_go_on.load()) std::this_thread::yield();
      return true;
    }));
    waiter->leave();
  });
  while (!is_waiting.load()) std::this_thread::yield();
  const auto hasty = open_gate();
  EXPECT_FALSE(hasty->try_enter());
  // Now the lock is free, and it is the turn of one that has not noticed yet.
  holder->leave();
  if (hasty->try_enter()) {
    ADD_FAILURE() << "it came in before one that waits";
    hasty->leave();
  }
  may_go_on.store(true);
  waiting.join();
  EXPECT_TRUE(hasty->try_enter());
}

// Somebody behind it in the line may come in out of turn; then nobody hands over to it any more, and luck alone would let it in.
TEST_F(GateTest, WhoWasOvertakenQueuesUpAgain) {
  const auto holder = open_gate();
  ASSERT_TRUE(holder->try_enter());
  const std::uint32_t first = page_->ticket().load();
  std::atomic<bool> is_inside{false};
  std::thread overtaken([&] {
    const auto waiter = open_gate();
    EXPECT_TRUE(waiter->enter([] { return true; }));
    is_inside = true;
    waiter->leave();
  });
  EXPECT_TRUE(until([&] { return page_->ticket().load() == first + 1; }));
  // As whoever came after it leaves them behind.
  page_->ticket().fetch_add(1);
  page_->serving().store(first + 2);
  EXPECT_TRUE(until([&] { return page_->ticket().load() == first + 3; }, milliseconds(5'000)));
  EXPECT_FALSE(is_inside);
  holder->leave();
  overtaken.join();
  EXPECT_TRUE(is_inside);
}

TEST_F(GateTest, AGateWhoseFileWasReplacedSaysSo) {
  const auto gate = open_gate();
  EXPECT_TRUE(gate->is_current());
  std::filesystem::remove(paths_.gate);
  EXPECT_FALSE(gate->is_current());
}

TEST_F(GateTest, ThePageNamesItsHolder) {
  EXPECT_FALSE(page_->holder());
  const auto gate = open_gate();
  ASSERT_TRUE(gate->try_enter());
  ASSERT_TRUE(page_->holder());
  EXPECT_EQ(page_->holder()->pid, getpid());
  gate->leave();
  EXPECT_FALSE(page_->holder());
}

}  // namespace
}  // namespace penny::store
