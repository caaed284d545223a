#include "store/quiet_worker.hpp"

#include <gtest/gtest.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>
#include <vector>

namespace penny::store {
namespace {

TEST(QuietWorker, IsDoneWhenItReturns) {
  QuietWorker worker;
  std::vector<int> done;
  for (int i = 0; i < 1'000; ++i) worker.run([&, i] { done.push_back(i); });
  ASSERT_EQ(done.size(), 1'000u);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(done[static_cast<std::size_t>(i)], i);
}

TEST(QuietWorker, GivesWayToEverybodyAndItsCallerDoesNot) {
  QuietWorker worker;
  int policy = -1;
  std::thread::id where;
  worker.run([&] {
    policy = sched_getscheduler(0);
    where = std::this_thread::get_id();
  });
  EXPECT_EQ(policy, SCHED_IDLE);
  EXPECT_NE(where, std::this_thread::get_id());
  EXPECT_EQ(sched_getscheduler(0), SCHED_OTHER);
}

// A write of the idle class may lie in the disk's queue, and everybody's flush behind it.
TEST(QuietWorker, WritesAreNotOfTheIdleClass) {
  QuietWorker worker;
  long priority = -1;
  worker.run([&] { priority = ::syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0); });
  EXPECT_EQ(IOPRIO_PRIO_CLASS(priority), IOPRIO_CLASS_BE);
}

TEST(QuietWorker, EndsWithoutEverHavingWorked) { const QuietWorker worker; }

}  // namespace
}  // namespace penny::store
