// Six processes call one tool of one user, one of them is killed now and then, and time passes as the test says.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/child_process.hpp"
#include "support/stores.hpp"
#include "support/virtual_clock.hpp"
#include "test_paths.hpp"

namespace penny::test {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kWindow = 60 * kSecond;
constexpr std::size_t kProcesses = 6;
constexpr std::uint64_t kTries = 10'000;
constexpr int kTriesAtOnce = 50;

class ToolPermits : public ::testing::Test {
 protected:
  ToolPermits() : clock_(folder_ / "clock") {
    clock_.words().since_boot_us = 1'000 * kSecond;
    clock_.words().time_of_day_us = std::int64_t{20'000} * 86'400 * kSecond;
    folder_.make();
  }

  [[nodiscard]] std::unique_ptr<ChildProcess> caller() const {
    auto process = std::make_unique<ChildProcess>(
        std::vector<std::string>{PENNY_TEST_TOOL_CALLER, folder_.path(), folder_ / "clock", "cj", folder_ / "given"});
    if (process->line() != "ready") throw std::runtime_error("the caller does not start");
    return process;
  }

  void pass(std::int64_t time_us) const {
    clock_.words().since_boot_us += time_us;
    clock_.words().time_of_day_us += time_us;
  }

  // When permits were given, in the order of the ledger, on the clock of this boot.
  [[nodiscard]] std::vector<std::int64_t> given() const {
    const Store store = folder_.open();
    std::vector<std::int64_t> moments;
    std::uint64_t since = 0;
    for (;;) {
      const auto page = must(store.changes("cj", since, limits::kPageItemsMax));
      for (const Change& change : page.items)
        moments.push_back(static_cast<std::int64_t>(std::get<PermitResult>(change.result).boot_time_us));
      if (!page.next) return moments;
      since = *page.next;
    }
  }

  const StoreFolder folder_;
  const VirtualClock clock_;
};

TEST_F(ToolPermits, AreNeverMoreThanFiveInAMinuteOverProcessesThatAreKilled) {
  std::vector<std::unique_ptr<ChildProcess>> callers;
  for (std::size_t i = 0; i < kProcesses; ++i) callers.push_back(caller());
  std::minstd_rand random(4711);
  std::uint64_t tries = 0;
  int kills = 0;
  while (tries < kTries) {
    for (const auto& process : callers) process->send("try " + std::to_string(kTriesAtOnce));
    // Time passes while they try: the tries of a round fall on several moments.
    for (int step = 0; step < 5; ++step) {
      pass(static_cast<std::int64_t>(random()) % (4 * kSecond));
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    const std::size_t victim = random() % kProcesses;
    const bool is_killed = random() % 3 == 0;
    if (is_killed) {
      callers[victim] = nullptr;
      callers[victim] = caller();
      kills += 1;
    }
    for (std::size_t i = 0; i < kProcesses; ++i) {
      if (is_killed && i == victim) continue;
      ASSERT_TRUE(callers[i]->line().starts_with("tried "));
      tries += kTriesAtOnce;
    }
  }
  EXPECT_GT(kills, 3);

  const std::vector<std::int64_t> moments = given();
  ASSERT_GT(moments.size(), 20U);
  EXPECT_TRUE(std::ranges::is_sorted(moments));
  std::size_t full = 0;
  for (std::size_t i = 5; i < moments.size(); ++i) {
    EXPECT_GE(moments[i] - moments[i - 5], kWindow) << "permit " << i;
    if (moments[i] - moments[i - 5] < kWindow + 5 * kSecond) full += 1;
  }
  // With so many tries each is given soon after it is free.
  EXPECT_GT(full, moments.size() / 2);

  // What a process was told is in the ledger. One that was killed may not have been told of its last.
  std::ifstream log(folder_ / "given");
  std::set<std::string> told;
  for (std::string id; std::getline(log, id);) EXPECT_TRUE(told.insert(id).second);
  EXPECT_LE(told.size(), moments.size());
  EXPECT_LE(moments.size(), told.size() + static_cast<std::size_t>(kills));
  const Store store = folder_.open();
  for (const std::string& id : told) EXPECT_TRUE(store.tool_call("cj", *OperationId::parse(id)).has_value()) << id;
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST_F(ToolPermits, AreFreeAtTheVeryMomentThatWasTold) {
  const auto one = caller();
  const auto other = caller();
  EXPECT_EQ(one->ask("try 3"), "tried 3 3");
  pass(10 * kSecond);
  EXPECT_EQ(other->ask("try 3"), "tried 3 2");
  pass(50 * kSecond - 1);
  EXPECT_EQ(one->ask("try 1"), "tried 1 0");
  pass(1);
  EXPECT_EQ(other->ask("try 4"), "tried 4 3");
  pass(10 * kSecond);
  EXPECT_EQ(one->ask("try 3"), "tried 3 2");
}

TEST_F(ToolPermits, OutliveABootAndAClockThatIsSetBack) {
  EXPECT_EQ(caller()->ask("try 6"), "tried 6 5");
  VirtualClock::Words& now = clock_.words();
  now.boot = 1;
  now.since_boot_us = 20 * kSecond;
  now.time_of_day_us -= std::int64_t{365} * 86'400 * kSecond;
  const auto after = caller();
  EXPECT_EQ(after->ask("try 1"), "tried 1 0");
  pass(40 * kSecond - 1);
  EXPECT_EQ(after->ask("try 1"), "tried 1 0");
  pass(1);
  EXPECT_EQ(after->ask("try 6"), "tried 6 5");
}

}  // namespace
}  // namespace penny::test
