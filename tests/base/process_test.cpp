#include "base/process.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include <gtest/gtest.h>

#include "base/forked.hpp"

namespace penny::base {
namespace {

TEST(Process, TheBootHasAnIdThatStays) {
  EXPECT_EQ(boot_id().size(), 36U);
  EXPECT_EQ(boot_id(), boot_id());
}

TEST(Process, WeAreRunning) {
  const auto stat = process_stat(::getpid());
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->state.size(), 1U);
  EXPECT_NE(std::string("RSD").find(stat->state), std::string::npos) << stat->state;
  EXPECT_FALSE(stat->command.empty());
  EXPECT_GT(stat->start_time, 0U);
  EXPECT_EQ(stat->start_time, own_start_time());
}

TEST(Process, ACommandMayHoldSpacesAndParentheses) {
  for (const char* name : {"a b", "x) S 1 (y", ") R (", "((", "))", " "}) {
    const std::string found = in_forked_child([name] {
      ::prctl(PR_SET_NAME, name);
      const auto stat = process_stat(::getpid());
      return stat && stat->state == "R" && stat->start_time == own_start_time() ? stat->command : "nothing";
    });
    EXPECT_EQ(found, name);
  }
}

TEST(Process, AStoppedProcessIsSeenAsStopped) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
  const auto stopped = process_stat(child);
  ::kill(child, SIGKILL);
  // Dead, and not yet waited for: nothing but its end is left.
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  const auto dead = process_stat(child);
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(stopped.has_value());
  EXPECT_EQ(stopped->state, "T");
  ASSERT_TRUE(dead.has_value());
  EXPECT_EQ(dead->state, "Z");
  EXPECT_EQ(dead->start_time, stopped->start_time);
  EXPECT_FALSE(process_stat(child).has_value());
}

TEST(Process, NumbersThatAreNoProcessHaveNoStat) {
  EXPECT_FALSE(process_stat(0).has_value());
  EXPECT_FALSE(process_stat(-1).has_value());
}

}  // namespace
}  // namespace penny::base
