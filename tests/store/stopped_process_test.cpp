// A process that is stopped (SIGSTOP, a debugger, a laptop's lid) in the worst moment. Whoever waits for the gate is
// answered at its own deadline, reads go on, and nothing is lost or stored twice when it goes on. A stopped waiter costs
// the others next to nothing.

#include <gtest/gtest.h>
#include <sys/file.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/process.hpp"
#include "store/gate_page.hpp"
#include "support/acknowledgements.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::test {
namespace {

using std::chrono::milliseconds;

constexpr double kDeadlineMs = 500;
constexpr double kAnswerSlackMs = 50;
constexpr double kStoppedWaiterCostsMs = 60;

// How late a thread may be only because others use the processors: nothing on an idle machine.
double machine_slack_ms() {
  double load = 0;
  (void)getloadavg(&load, 1);
  return load > 0.75 * std::thread::hardware_concurrency() ? 500 : 0;
}

class StoppedProcess : public ::testing::Test {
 protected:
  StoppedProcess() {
    (void)folder_.open();
    page_ = must(store::GatePage::open(must(base::prepare_paths(path(), false)), false));
  }

  [[nodiscard]] std::string path() const { return folder_.path(); }
  [[nodiscard]] std::string log() const { return folder_ / "acknowledged"; }

  [[nodiscard]] bool is_holder(pid_t pid) const {
    const auto holder = page_->holder();
    return holder && holder->pid == pid;
  }

  [[nodiscard]] bool is_gate_free() const {
    const int file = open((path() + "-gate").c_str(), O_RDWR | O_CLOEXEC);
    const bool is_free = flock(file, LOCK_EX | LOCK_NB) == 0;
    close(file);
    return is_free;
  }

  // Stops the process while it is inside the gate. It must be writing, alone.
  [[nodiscard]] bool stop_inside(const StoreUser& user) const {
    return until(
        [&] {
          if (!is_holder(user.pid())) return false;
          user.stop();
          if (is_holder(user.pid()) && !is_gate_free()) return true;
          user.go_on();
          return false;
        },
        kPatience, std::chrono::microseconds(0));
  }

  // Stops the process while it waits for the gate, and others pass.
  [[nodiscard]] bool stop_waiting(const StoreUser& user) const {
    const auto waits = [&] {
      return std::ranges::any_of(
          page_->slots(), [&](const store::SlotView& slot) { return slot.pid == user.pid() && slot.is_waiting; });
    };
    return until(
        [&] {
          if (!waits()) return false;
          user.stop();
          if (waits() && !is_holder(user.pid())) return true;
          user.go_on();
          return false;
        },
        kPatience, std::chrono::microseconds(0));
  }

  void expect_nothing_lost() const {
    const Account result = account(path(), log());
    EXPECT_GT(result.acknowledged, 0U);
    EXPECT_EQ(result.lost, 0U);
    EXPECT_EQ(result.repeated, 0U);
    EXPECT_EQ(result.problems, std::vector<std::string>());
  }

  StoreFolder folder_;
  std::unique_ptr<store::GatePage> page_;
};

TEST_F(StoppedProcess, InsideTheGateLetsEverybodyElseGoAtTheirDeadlines) {
  StoreUser holder(path());
  StoreUser caller(path());
  ASSERT_EQ(caller.commit("caller", OperationId::make().to_string()).outcome, "stored");
  holder.load(1, "holder", log());
  ASSERT_TRUE(stop_inside(holder));

  const std::string id = OperationId::make().to_string();
  std::vector<double> answers;
  std::vector<double> reads;
  for (int i = 0; i < 4; ++i) {
    const auto answer = caller.commit("caller", id, static_cast<int>(kDeadlineMs));
    EXPECT_EQ(answer.outcome, "deadline_exceeded");
    answers.push_back(answer.took_ms);
    const auto read = words(caller.ask("read caller"));
    ASSERT_EQ(read.size(), 4U);
    EXPECT_EQ(read[0] + " " + read[1], "turns 1");
    reads.push_back(std::stod(read[3]));
  }
  EXPECT_GE(*std::ranges::min_element(answers), kDeadlineMs);
  EXPECT_LE(*std::ranges::max_element(answers), kDeadlineMs + kAnswerSlackMs + machine_slack_ms());
  EXPECT_LE(*std::ranges::max_element(reads), kAnswerSlackMs + machine_slack_ms());
  RecordProperty("answers_ms", ::testing::PrintToString(answers));
  RecordProperty("reads_ms", ::testing::PrintToString(reads));

  {
    // A store that is opened now, and asked.
    const Store store = folder_.open();
    const Diagnosis diagnosis = must(store.diagnose());
    ASSERT_TRUE(diagnosis.gate_holder);
    EXPECT_EQ(diagnosis.gate_holder->pid, holder.pid());
    EXPECT_EQ(diagnosis.gate_holder->state, "T");
    EXPECT_GT(diagnosis.gate_held_for, milliseconds(1000));
    EXPECT_FALSE(diagnosis.warnings.empty());
  }

  holder.go_on();
  const auto stored = caller.commit("caller", id);
  EXPECT_EQ(stored.outcome, "stored");
  EXPECT_EQ(stored.rev, 2U);
  const auto again = caller.commit("caller", id);
  EXPECT_EQ(again.outcome, "already");
  EXPECT_EQ(again.rev, 2U);
  const auto ended = holder.end();
  EXPECT_EQ(ended.refused, 0U) << ended.said;
  EXPECT_GT(ended.acknowledged, 0U);
  expect_nothing_lost();
}

TEST_F(StoppedProcess, InsideTheGateAnswersTheTruthWhenItGoesOn) {
  StoreUser holder(path());
  StoreUser other(path());
  for (int round = 0; round < 5; ++round) {
    holder.load(2, "holder", log());
    ASSERT_TRUE(stop_inside(holder));
    EXPECT_EQ(other.commit("other", OperationId::make().to_string(), 100).outcome, "deadline_exceeded");
    holder.go_on();
    const auto ended = holder.end();
    EXPECT_EQ(ended.refused, 0U) << ended.said;
    EXPECT_EQ(other.commit("other", OperationId::make().to_string()).outcome, "stored");
  }
  const Store store = folder_.open();
  EXPECT_EQ(must(store.user_statistics("other")).value.turns, 5U);
  // What it was told is stored, and nothing else is.
  EXPECT_EQ(must(store.user_statistics("holder")).value.operations, AcknowledgementLog::read(log()).size());
  expect_nothing_lost();
}

TEST_F(StoppedProcess, WaitingForTheGateDelaysTheOthersByLittle) {
  std::vector<StoreUser> users;
  for (int i = 0; i < 4; ++i) {
    users.emplace_back(path());
    users.back().load(1, "user" + std::to_string(i), log());
  }
  StoreUser& stopped = users[0];
  std::vector<double> worst;
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(stop_waiting(stopped));
    for (std::size_t i = 1; i < users.size(); ++i) (void)users[i].worst();
    // It misses its turn in this time, again and again.
    std::vector<std::uint64_t> commits(users.size(), 0);
    EXPECT_TRUE(until(
        [&] {
          for (std::size_t i = 1; i < users.size(); ++i) {
            const auto since = users[i].worst();
            commits[i] += since.commits;
            worst.push_back(since.took_ms);
          }
          return std::ranges::all_of(commits.begin() + 1, commits.end(), [](std::uint64_t n) { return n >= 20; });
        },
        kPatience, milliseconds(20)));
    stopped.go_on();
  }
  EXPECT_LE(*std::ranges::max_element(worst), kStoppedWaiterCostsMs + machine_slack_ms());
  RecordProperty("worst_ms", std::to_string(*std::ranges::max_element(worst)));
  for (StoreUser& user : users) EXPECT_EQ(user.end().refused, 0U);
  expect_nothing_lost();
}

}  // namespace
}  // namespace penny::test
