#include "bench/load_meter.hpp"

#include <chrono>
#include <ctime>

#include <gtest/gtest.h>

namespace penny::bench {
namespace {

constexpr double kTicksPerSecond = 100;

double seconds_of_this_thread() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

TEST(LoadMeter, CountsAllThatIsNeitherIdleNorWaitingForTheDisk) {
  //                                   user nice system idle iowait irq softirq steal guest guest_nice
  constexpr const char* kStat = "cpu  100 20 300 9000 8000 4 50 6 70 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
  const auto seconds = machine_seconds(kStat, kTicksPerSecond);
  ASSERT_TRUE(seconds);
  EXPECT_DOUBLE_EQ(*seconds, (100 + 20 + 300 + 4 + 50 + 6) / kTicksPerSecond);
}

TEST(LoadMeter, RefusesWhatIsNotProcStat) {
  EXPECT_FALSE(machine_seconds("", kTicksPerSecond));
  EXPECT_FALSE(machine_seconds("cpu0 1 2 3 4 5 6 7 8 9 10", kTicksPerSecond));
  EXPECT_FALSE(machine_seconds("cpu 1 2 3", kTicksPerSecond));
  EXPECT_FALSE(machine_seconds("cpu 1 2 x 4 5 6 7 8 9 10", kTicksPerSecond));
}

TEST(LoadMeter, KnowsAKernelThreadByItsParent) {
  constexpr const char* kJournal = "211 (jbd2/vda-8) S 2 0 0 0 -1 2129984 0 0 0 0 7 93 0 0 20 0 1 0 130 0 0";
  constexpr const char* kProgram = "212 (jbd2/vda-8) S 1 0 0 0 -1 2129984 0 0 0 0 7 93 0 0 20 0 1 0 130 0 0";
  const auto seconds = kernel_thread_seconds(kJournal, kTicksPerSecond);
  ASSERT_TRUE(seconds);
  EXPECT_DOUBLE_EQ(*seconds, 1.0);
  EXPECT_FALSE(kernel_thread_seconds(kProgram, kTicksPerSecond));
}

TEST(LoadMeter, IsNotMisledByACommandsName) {
  constexpr const char* kSly = "300 (x) S 2 (y) S 1 0 0 0 -1 0 0 0 0 0 7 93 0 0 20 0 1 0 130 0 0";
  EXPECT_FALSE(kernel_thread_seconds(kSly, kTicksPerSecond));
  EXPECT_FALSE(kernel_thread_seconds("no process", kTicksPerSecond));
}

TEST(LoadMeter, LeavesOutOurOwnAndTheKernelsWork) {
  const auto now = std::chrono::steady_clock::now();
  const CpuReading begin{.at = now, .machine = 100, .ours = 10, .kernel_threads = 5};
  const CpuReading end{.at = now + std::chrono::seconds(10), .machine = 117, .ours = 22, .kernel_threads = 7};
  EXPECT_DOUBLE_EQ(cores_of_others(begin, end), 0.3);
}

TEST(LoadMeter, IsNeverNegative) {
  const auto now = std::chrono::steady_clock::now();
  const CpuReading begin{.at = now, .machine = 100, .ours = 10, .kernel_threads = 5};
  const CpuReading end{.at = now + std::chrono::seconds(10), .machine = 101, .ours = 12, .kernel_threads = 0};
  EXPECT_EQ(cores_of_others(begin, end), 0);
  EXPECT_EQ(cores_of_others(begin, begin), 0);
}

TEST(LoadMeter, SeesOurOwnWorkAsOurs) {
  const CpuReading begin = read_cpu();
  const double until = seconds_of_this_thread() + 0.2;
  while (seconds_of_this_thread() < until) {
  }
  const CpuReading end = read_cpu();
  EXPECT_GE(end.ours - begin.ours, 0.19);
  EXPECT_GE(end.machine, begin.machine);
}

}  // namespace
}  // namespace penny::bench
