// A process that is killed (SIGKILL) anywhere: its gate is free at once, its waiters' places are given up, what it was
// told is stored, and what it was not told is there whole or not at all.

#include <gtest/gtest.h>
#include <sys/file.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "store/gate_page.hpp"
#include "support/acknowledgements.hpp"
#include "support/child_process.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"
#include "test_paths.hpp"

namespace penny::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// 20 ms until a waiter tries out of turn, and as much until it looks; the rest is for a busy machine.
constexpr milliseconds kGateFreeWithin{1000};

class KilledProcess : public ::testing::Test {
 protected:
  KilledProcess() {
    (void)folder_.open();
    page_ = must(store::GatePage::open(must(base::prepare_paths(path(), false)), false));
  }

  [[nodiscard]] std::string path() const { return folder_.path(); }
  [[nodiscard]] std::string log() const { return folder_ / "acknowledged"; }

  [[nodiscard]] bool is_gate_free() const {
    const int file = open((path() + "-gate").c_str(), O_RDWR | O_CLOEXEC);
    const bool is_free = flock(file, LOCK_EX | LOCK_NB) == 0;
    close(file);
    return is_free;
  }

  [[nodiscard]] bool is_waiting(pid_t pid) const {
    return std::ranges::any_of(page_->slots(),
                               [&](const store::SlotView& slot) { return slot.pid == pid && slot.is_waiting; });
  }

  StoreFolder folder_;
  std::unique_ptr<store::GatePage> page_;
};

TEST_F(KilledProcess, InsideTheGateFreesItAtOnce) {
  StoreUser waiter(path());
  for (int round = 0; round < 5; ++round) {
    ChildProcess sitter({PENNY_TEST_GATE_SITTER, path()});
    ASSERT_EQ(sitter.line(), "inside");
    ASSERT_FALSE(is_gate_free());
    waiter.send("commit cj " + OperationId::make().to_string() + " 30000");
    ASSERT_TRUE(until([&] { return is_waiting(waiter.pid()); }));
    const auto begin = Clock::now();
    sitter.kill();
    EXPECT_EQ(StoreUser::answer(waiter.line()).outcome, "stored");
    EXPECT_LT(Clock::now() - begin, kGateFreeWithin);
  }
  ASSERT_TRUE(until([&] { return is_gate_free(); }));  // it is left just after the answer
  ChildProcess sitter({PENNY_TEST_GATE_SITTER, path()});
  ASSERT_EQ(sitter.line(), "inside");
  sitter.kill();
  EXPECT_TRUE(is_gate_free());
  const Store store = folder_.open();
  EXPECT_FALSE(must(store.diagnose()).gate_holder);
}

TEST_F(KilledProcess, WaitingForTheGateGivesUpItsPlace) {
  StoreUser survivor(path());
  for (int round = 0; round < 3; ++round) {
    std::optional<ChildProcess> sitter(std::vector<std::string>{PENNY_TEST_GATE_SITTER, path()});
    ASSERT_EQ(sitter->line(), "inside");
    std::vector<StoreUser> waiters;
    for (int i = 0; i < 3; ++i) {
      waiters.emplace_back(path());
      waiters.back().send("commit cj " + OperationId::make().to_string() + " 30000");
      ASSERT_TRUE(until([&] { return is_waiting(waiters.back().pid()); }));
    }
    survivor.send("commit survivor " + OperationId::make().to_string() + " 30000");
    ASSERT_TRUE(until([&] { return is_waiting(survivor.pid()); }));
    for (StoreUser& waiter : waiters) waiter.kill();
    const auto begin = Clock::now();
    sitter->kill();
    EXPECT_EQ(StoreUser::answer(survivor.line()).outcome, "stored");
    EXPECT_LT(Clock::now() - begin, kGateFreeWithin);
  }
  const Store store = folder_.open();
  EXPECT_EQ(must(store.user_statistics("survivor")).value.turns, 3U);
  EXPECT_EQ(must(store.user_statistics("cj")).value.turns, 0U);
}

TEST_F(KilledProcess, NothingIsLostWhoeverIsKilledAndWhen) {
  constexpr int kKills = 60;
  constexpr std::size_t kWriters = 4;
  std::minstd_rand random{std::random_device{}()};
  std::vector<std::optional<StoreUser>> users(kWriters);
  const auto start = [&](std::size_t i) {
    users[i].emplace(path());
    users[i]->load(2, i % 2 == 0 ? "cj" : "other", log());
  };
  for (std::size_t i = 0; i < kWriters; ++i) start(i);
  int holders = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    std::size_t victim = random() % kWriters;
    if (kill % 2 == 0) {
      // Whoever the page names.
      ASSERT_TRUE(until(
          [&] {
            const auto holder = page_->holder();
            const auto found = std::ranges::find_if(
                users, [&](const auto& user) { return holder && user && user->pid() == holder->pid; });
            if (found == users.end()) return false;
            victim = static_cast<std::size_t>(found - users.begin());
            return true;
          },
          kPatience, std::chrono::microseconds(0)));
    }
    const pid_t pid = users[victim]->pid();
    users[victim]->kill();
    // Nobody else has entered since: it died inside.
    if (const auto holder = page_->holder(); holder && holder->pid == pid) holders += 1;
    users[victim].reset();
    start(victim);
  }
  for (auto& user : users) EXPECT_EQ(user->end().refused, 0U);
  users.clear();
  EXPECT_TRUE(is_gate_free());
  EXPECT_GT(holders, 0);
  RecordProperty("killed_inside", std::to_string(holders));
  const Account result = account(path(), log());
  EXPECT_GT(result.acknowledged, static_cast<std::size_t>(kKills));
  EXPECT_EQ(result.lost, 0U);
  EXPECT_EQ(result.repeated, 0U);
  EXPECT_EQ(result.problems, std::vector<std::string>());
  // At most what was in flight in each process that was killed.
  EXPECT_LE(result.stored - result.acknowledged, static_cast<std::size_t>(kKills) * 2);
}

}  // namespace
}  // namespace penny::test
