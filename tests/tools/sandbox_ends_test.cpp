// How a run begins and ends: for the caller, for other threads, when somebody dies, and where there is no sandbox.

#include <pthread.h>
#include <sys/wait.h>

#include <algorithm>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/child_process.hpp"
#include "support/sandbox.hpp"
#include "test_paths.hpp"
#include "tools/sandbox_command.hpp"

namespace penny::test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

Result<tools::ProgramResult> run(std::vector<std::string> command, std::string_view input = {},
                                 std::chrono::milliseconds patience = kPatience) {
  return tools::run_program({.command = std::move(command), .environment = {}, .readable_paths = {}}, input, {},
                            Clock::now() + patience, CancelToken());
}

TEST(Sandbox, GivesInputAndTakesOutput) {
  const std::string input(60'000, 'x');
  const auto ran = run({"cat"}, input);
  ASSERT_TRUE(ran.has_value()) << ran.error().message;
  EXPECT_EQ(ran->end, tools::ProgramEnd::kExit);
  EXPECT_EQ(ran->code, 0);
  EXPECT_EQ(ran->output, input);
  EXPECT_EQ(ran->errors, "");
  EXPECT_TRUE(ran->is_input_taken);
  EXPECT_FALSE(ran->is_output_cut);
}

TEST(Sandbox, TellsTheExitCodeTheSignalAndTheErrors) {
  const auto failed = run({"sh", "-c", "echo wrong >&2; exit 7"});
  ASSERT_TRUE(failed.has_value()) << failed.error().message;
  EXPECT_EQ(failed->end, tools::ProgramEnd::kExit);
  EXPECT_EQ(failed->code, 7);
  EXPECT_EQ(failed->errors, "wrong\n");
  const auto killed = run({"sh", "-c", "kill -SEGV $$"});
  ASSERT_TRUE(killed.has_value()) << killed.error().message;
  EXPECT_EQ(killed->end, tools::ProgramEnd::kSignal);
  EXPECT_EQ(killed->code, SIGSEGV);
}

TEST(Sandbox, RefusesWhatCannotBeRun) {
  const auto field_of = [](const tools::Program& program, const tools::SandboxLimits& limits = {}) {
    const auto ran = tools::run_program(program, {}, limits, Clock::now() + kPatience, CancelToken());
    return ran ? "ran" : std::string(to_string(ran.error().code)) + " " + ran.error().field;
  };
  const auto program = [](std::string word) {
    return tools::Program{.command = {std::move(word)}, .environment = {}, .readable_paths = {}};
  };
  EXPECT_EQ(field_of({}), "invalid command");
  EXPECT_EQ(field_of(program("no-such-program")), "invalid command");
  EXPECT_EQ(field_of(program("../bin/true")), "invalid command");
  EXPECT_EQ(field_of(program("/etc")), "invalid command");
  EXPECT_EQ(field_of(program(std::string("true\0x", 6))), "invalid command");
  for (const char* path : {"/", "relative", "/proc", "/dev/shm", "/proc/../", "/no/such/path"}) {
    tools::Program reader = program("true");
    reader.readable_paths = {path};
    EXPECT_EQ(field_of(reader), "invalid readable_paths") << path;
  }
  for (const char* name : {"", "A=B", "LD_PRELOAD"}) {
    tools::Program reader = program("true");
    reader.environment = {name};
    EXPECT_EQ(field_of(reader), "invalid environment") << name;
  }
  tools::SandboxLimits unlimited;
  unlimited.scratch_files = 0;
  EXPECT_EQ(field_of(program("true"), unlimited), "invalid limits");
  unlimited = {};
  unlimited.memory_bytes = ~std::uint64_t{0};
  EXPECT_EQ(field_of(program("true"), unlimited), "invalid limits");
}

TEST(Sandbox, RunsNothingWhenTheDeadlineHasPassed) {
  const auto ran = run({"true"}, {}, milliseconds(-1));
  ASSERT_TRUE(ran.has_value());
  EXPECT_EQ(ran->end, tools::ProgramEnd::kDeadline);
}

// Also in the midst of making the sandbox.
TEST(Sandbox, AnswersAtAnyDeadline) {
  for (int after = 0; after < 60; after += 3) {
    const std::string mark = new_mark();
    const auto begin = Clock::now();
    const auto ran = run({"sh", "-c", "sleep 1000", mark}, {}, milliseconds(after));
    EXPECT_LT(Clock::now() - begin, milliseconds(after + 1'000));  // a busy machine takes longer
    ASSERT_TRUE(ran.has_value()) << after << ": " << ran.error().message;
    EXPECT_EQ(ran->end, tools::ProgramEnd::kDeadline);
    EXPECT_TRUE(until([&] { return marked_processes(mark).empty(); }, milliseconds(1'000))) << after;
  }
}

TEST(Sandbox, EndsWhenItIsCancelled) {
  const CancelToken cancel;
  const std::string mark = new_mark();
  std::thread canceller([&] {
    EXPECT_TRUE(until([&] { return marked_processes(mark).size() >= 3; }));
    cancel.cancel();
  });
  const auto begin = Clock::now();
  const auto ran =
      tools::run_program({.command = {"sh", "-c", "sleep 1000; true", mark}, .environment = {}, .readable_paths = {}},
                         {}, {}, begin + kPatience, cancel);
  const std::size_t left = marked_processes(mark).size();
  canceller.join();
  ASSERT_TRUE(ran.has_value()) << ran.error().message;
  EXPECT_EQ(ran->end, tools::ProgramEnd::kCancelled);
  EXPECT_TRUE(ran->gone_after && *ran->gone_after < milliseconds(200));
  EXPECT_EQ(left, 0U);
}

TEST(Sandbox, NothingSurvivesItsCaller) {
  const std::string mark = new_mark();
  ChildProcess caller({PENNY_TEST_SANDBOX_CALLER, "python3", "-Sc",
                       "import os, time\nif os.fork() == 0: os.setsid()\ntime.sleep(1000)", mark});
  ASSERT_EQ(caller.line(), "runs");
  // The caller, bubblewrap, its process 1, the program, and its child.
  ASSERT_TRUE(until([&] { return marked_processes(mark).size() >= 5; }));
  const auto killed = Clock::now();
  caller.kill();
  ASSERT_TRUE(until([&] { return marked_processes(mark).empty(); }));
  const auto gone = std::chrono::duration_cast<microseconds>(Clock::now() - killed);
  EXPECT_LT(gone, milliseconds(200));
  Ran ran;
  ran.result->end = tools::ProgramEnd::kSignal;
  ran.result->code = SIGKILL;
  ran.result->gone_after = gone;
  record("survives its parent (the caller is SIGKILLed)", "died with it", ran);
}

// At any moment of making the sandbox. Bubblewrap may be killed half way then, and leave a process that waits and can run nothing more.
TEST(Sandbox, NoProgramSurvivesACallerThatDiesEarly) {
  for (int after = 0; after < 40; after += 2) {
    const std::string mark = new_mark();
    ChildProcess caller({PENNY_TEST_SANDBOX_CALLER, "sleep", "1000", mark});
    (void)caller.line();
    std::this_thread::sleep_for(milliseconds(after));  // a moment is what is varied here
    caller.kill();
    if (until([&] { return marked_processes(mark).empty(); }, milliseconds(1'000))) continue;
    for (const pid_t process : marked_processes(mark)) {
      const std::string words = whole_file(fmt::format("/proc/{}/cmdline", process));
      EXPECT_TRUE(words.empty() || words.starts_with(tools::system_program("bwrap"))) << after << ": " << words;
      (void)::kill(process, SIGKILL);
    }
    EXPECT_TRUE(until([&] { return marked_processes(mark).empty(); })) << after;
  }
}

TEST(Sandbox, NothingSurvivesBubblewrap) {
  const std::string mark = new_mark();
  std::thread killer([&] {
    std::vector<pid_t> found;
    EXPECT_TRUE(until([&] { return (found = marked_processes(mark)).size() >= 3; }));
    // The first that was started.
    if (!found.empty()) (void)::kill(*std::ranges::min_element(found), SIGKILL);
  });
  const auto ran = run({"sh", "-c", "sleep 1000; true", mark});
  killer.join();
  ASSERT_TRUE(ran.has_value()) << ran.error().message;
  EXPECT_EQ(ran->end, tools::ProgramEnd::kSignal);
  EXPECT_EQ(ran->code, SIGKILL);
  EXPECT_TRUE(ran->gone_after.has_value());
  EXPECT_EQ(marked_processes(mark).size(), 0U);
}

TEST(Sandbox, ManyRunAtOnce) {
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 6; ++caller) {
    callers.emplace_back([caller] {
      for (int round = 0; round < 5; ++round) {
        const std::string said = fmt::format("{} {}", caller, round);
        const auto ran = run({"cat"}, said);
        ASSERT_TRUE(ran.has_value()) << ran.error().message;
        EXPECT_EQ(ran->output, said) << ran->errors;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
}

// Each has its own count of processes, whatever else this user runs.
TEST(Sandbox, ProcessesAreCountedForEachSandboxAlone) {
  tools::SandboxLimits limits;
  limits.processes = 8;
  std::atomic<int> full = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 3; ++caller) {
    callers.emplace_back([&] {
      const auto ran = tools::run_program(python("import os, time\n"
                                                 "count = 0\n"
                                                 "try:\n"
                                                 "  while True:\n"
                                                 "    if os.fork() == 0: time.sleep(1000)\n"
                                                 "    count += 1\n"
                                                 "except OSError: print(count, flush=True)\n"
                                                 "time.sleep(1)\n"),
                                          {}, limits, Clock::now() + kPatience, CancelToken());
      ASSERT_TRUE(ran.has_value()) << ran.error().message;
      // The shell that waits and the program are two of the eight.
      if (ran->output == "6\n") full += 1;
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(full, 3);
}

std::atomic<int> forks_seen = 0;

TEST(Sandbox, RunsNoForkHandler) {
  ASSERT_EQ(pthread_atfork([] { forks_seen += 1; }, nullptr, nullptr), 0);
  const int before = forks_seen;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  (void)::waitpid(child, nullptr, 0);
  ASSERT_EQ(forks_seen, before + 1);  // it would be seen
  ASSERT_TRUE(run({"true"}).has_value());
  EXPECT_EQ(forks_seen, before + 1);
}

TEST(Sandbox, IsRefusedWithoutBubblewrap) {
  ChildProcess caller({"bwrap", "--dev-bind", "/", "/", "--ro-bind", "/dev/null", "/usr/bin/bwrap",
                       PENNY_TEST_SANDBOX_CALLER, "echo", "ran"});
  const std::string said = caller.rest();
  EXPECT_NE(said.find("refused not_found: bwrap is missing"), std::string::npos) << said;
  EXPECT_EQ(said.find("\nran"), std::string::npos) << said;
}

TEST(Sandbox, IsRefusedWithoutNamespaces) {
  ChildProcess caller({"bwrap", "--dev-bind", "/", "/", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid",
                       "1000", PENNY_TEST_SANDBOX_CALLER, "echo", "ran"});
  const std::string said = caller.rest();
  EXPECT_NE(said.find("refused no_permission"), std::string::npos) << said;
  EXPECT_EQ(said.find("\nran"), std::string::npos) << said;
}

TEST(Sandbox, WorksForAnOrdinaryUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "the other tests showed it";
  ChildProcess caller({"setpriv", "--reuid", "1234567", "--regid", "1234567", "--clear-groups",
                       PENNY_TEST_SANDBOX_CALLER, "cat", "/proc/self/limits"});
  const std::string said = caller.rest();
  if (said.empty()) GTEST_SKIP() << "another user cannot read the test's program";
  EXPECT_NE(said.find("exit 0"), std::string::npos) << said;
  EXPECT_NE(said.find("Max processes             32                   32"), std::string::npos) << said;
}

TEST(Sandbox, ReportsWhatIsInForce) {
  const tools::SandboxReport report = tools::describe_sandbox({});
  ASSERT_TRUE(report.is_usable) << report.problem;
  EXPECT_GE(report.measures.size(), 20U);
  for (const tools::SandboxMeasure& measure : report.measures) {
    // The one that there is no measure for is told as such.
    EXPECT_EQ(measure.is_in_force, measure.name != "memory of all processes together")
        << measure.name << ": " << measure.value;
  }
  tools::SandboxLimits limits;
  limits.has_network = true;
  const tools::SandboxReport open = tools::describe_sandbox(limits);
  const auto network = std::ranges::find(open.measures, "net namespace", &tools::SandboxMeasure::name);
  ASSERT_NE(network, open.measures.end()) << open.problem;
  EXPECT_FALSE(network->is_in_force);
}

// The figures go to the file PENNY_TABLE, if there is one.
TEST(Sandbox, CostsLittleForAProgramThatDoesNothing) {
  const bool is_measured = std::getenv("PENNY_TABLE") != nullptr;
  std::vector<microseconds> took;
  for (int round = 0; round < (is_measured ? 200 : 10); ++round) {
    const auto ran = run({"true"}, "{}");
    ASSERT_TRUE(ran.has_value()) << ran.error().message;
    took.push_back(ran->took);
  }
  std::ranges::sort(took);
  const auto milliseconds_of = [&](std::size_t percent) {
    return static_cast<double>(took[(took.size() - 1) * percent / 100].count()) / 1'000;
  };
  EXPECT_LT(milliseconds_of(50), 1'000);
  if (is_measured) {
    std::ofstream(std::getenv("PENNY_TABLE"), std::ios::app) << fmt::format(
        "true, {} runs: p50 {:.1f} ms, p99 {:.1f} ms\n", took.size(), milliseconds_of(50), milliseconds_of(99));
  }
}

}  // namespace
}  // namespace penny::test
