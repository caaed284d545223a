// Ctrl-C in the middle of long work: the command ends within seconds, says what to do, and nothing is broken.

#include <sys/syscall.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "base/process.hpp"
#include "cli/command_line.hpp"
#include "support/child_process.hpp"
#include "support/until.hpp"
#include "test_paths.hpp"

namespace penny::cli {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

// Whether the first thread of the process sleeps in this system call (proc_pid_syscall(5)).
bool is_blocked_in(pid_t pid, long call) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/syscall");
  long number = -1;
  return file >> number && number == call;
}

// Whether the process has a handler for Ctrl-C (the mask of caught signals in proc_pid_status(5)).
bool catches_interrupts(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; file >> word;) {
    if (word != "SigCgt:") continue;
    std::uint64_t caught = 0;
    file >> std::hex >> caught;
    return (caught >> (SIGINT - 1) & 1) != 0;
  }
  return false;
}

bool has_ended(pid_t pid) {
  const auto stat = base::process_stat(pid);
  return !stat || stat->state == "Z";
}

class Interrupts : public CommandLine {
 protected:
  void SetUp() override {
    ASSERT_EQ(penny({"remember", "Likes tea"}).exit_code, 0);
    ASSERT_EQ(penny({"prefer", "drink", "tea", "--set"}).exit_code, 0);
    ASSERT_EQ(
        penny({"turn", "add", "--no-learn", "--input", "old", "--at", "2020-01-01", "--session", "work"}).exit_code, 0);
    lines_ = penny({"export"}).out;
    std::ofstream(folder_ / "cj.jsonl") << lines_;
  }

  // Somebody who is stopped holds the gate, so that every command that changes something waits in the middle.
  void hold_gate() {
    sitter_.emplace(std::vector<std::string>{PENNY_TEST_GATE_SITTER, store()});
    ASSERT_EQ(sitter_->line(), "inside");
  }
  void free_gate() { sitter_.reset(); }

  [[nodiscard]] bool is_waiting(pid_t pid) const {
    const auto diagnosis = json({"doctor"});
    for (const auto& participant : diagnosis.at("participants").get_array()) {
      if (participant.at("pid") == pid && participant.at("is_waiting_for_gate") == true) return true;
    }
    return false;
  }

  // Waits until the command waits for the gate, and presses Ctrl-C.
  [[nodiscard]] Finished interrupted(Process& process) const {
    EXPECT_TRUE(test::until([&] { return is_waiting(process.pid()); }));
    process.signal(SIGINT);
    const auto began = steady_clock::now();
    Finished finished = process.finish();
    EXPECT_LT(steady_clock::now() - began, seconds(10));
    return finished;
  }

  std::string lines_;
  std::optional<test::ChildProcess> sitter_;
};

TEST_F(Interrupts, WhatWaitsForTheGateEndsAndSaysHowToGoOn) {
  hold_gate();
  const std::vector<std::vector<std::string>> commands{{"import", folder_ / "cj.jsonl", "--as", "ada"},
                                                       {"cleanup", "--older-than", "1d"},
                                                       {"session", "forget", "work"},
                                                       {"preference", "forget", "drink"},
                                                       {"undo", "--to-rev", "1"},
                                                       {"erase", "--yes"}};
  for (const auto& words : commands) {
    SCOPED_TRACE(words.front());
    for (const bool is_json : {false, true}) {
      auto all = with_store(words);
      if (is_json) all.emplace_back("--json");
      Process process(PENNY_TEST_PROGRAM, all);
      const Finished finished = interrupted(process);
      EXPECT_EQ(finished.exit_code, 4) << finished.out << finished.err;
      EXPECT_NE((is_json ? finished.out : finished.err).find("interrupted"), std::string::npos)
          << finished.out << finished.err;
    }
  }
  free_gate();
  EXPECT_EQ(penny({"verify"}).exit_code, 0);
  // Each goes on when it is run again.
  EXPECT_EQ(penny({"import", folder_ / "cj.jsonl", "--as", "ada"}).exit_code, 0);
  EXPECT_EQ(penny({"cleanup", "--older-than", "1d"}).exit_code, 0);
  EXPECT_EQ(penny({"undo", "--to-rev", "1"}).exit_code, 0);
  EXPECT_EQ(penny({"erase", "--yes"}).exit_code, 0);
  EXPECT_EQ(penny({"verify"}).exit_code, 0);
}

TEST_F(Interrupts, AnImportThatWaitsForItsInputEndsAtOnce) {
  test::ChildProcess import({PENNY_TEST_PROGRAM, "import", "-", "--as", "ada", "--store", store(), "--json"});
  import.send(lines_.substr(0, lines_.find('\n')));
  ASSERT_TRUE(test::until([&] { return is_blocked_in(import.pid(), SYS_read); }));
  ASSERT_EQ(::kill(import.pid(), SIGINT), 0);
  const std::string said = import.line(seconds(10));
  EXPECT_NE(said.find("interrupted"), std::string::npos) << said;
  import.close_input();
  EXPECT_EQ(penny({"verify"}).exit_code, 0);
}

TEST_F(Interrupts, AnExportThatNobodyReadsEnds) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(penny({"turn", "add", "--no-learn", "--input", std::string(60'000, 'x')}).exit_code, 0);
  }
  Process process(PENNY_TEST_PROGRAM, with_store({"export"}));
  ASSERT_TRUE(test::until([&] { return is_blocked_in(process.pid(), SYS_write); }));
  process.signal(SIGINT);
  ASSERT_TRUE(test::until([&] { return has_ended(process.pid()); }));
  const Finished finished = process.finish();
  EXPECT_EQ(finished.exit_code, 4) << finished.err;
  EXPECT_NE(finished.err.find("export again"), std::string::npos) << finished.err;
}

// What only reads ends by the signal, as programs do; nothing can be half done.
TEST_F(Interrupts, WhatOnlyReadsEndsByTheSignal) {
  Process process(PENNY_TEST_PROGRAM, with_store({"verify"}));
  process.signal(SIGINT);
  const Finished finished = process.finish();
  EXPECT_TRUE(finished.exit_code == 128 + SIGINT || finished.exit_code == 0) << finished.exit_code;
  EXPECT_EQ(penny({"verify"}).exit_code, 0);
  Process search(PENNY_TEST_PROGRAM, with_store({"search", "tea"}));
  search.signal(SIGINT);
  const int exit_code = search.finish().exit_code;
  EXPECT_TRUE(exit_code == 128 + SIGINT || exit_code == 4 || exit_code == 0) << exit_code;
}

TEST_F(Interrupts, AStressRunEndsWithItsAccounts) {
  Process stress(PENNY_TEST_PROGRAM,
                 {"stress", "--json", "--seconds", "60", "--no-scenarios", "--store", folder_ / "stress.db"});
  ASSERT_TRUE(test::until([&] { return catches_interrupts(stress.pid()); }));
  stress.signal(SIGINT);
  const auto began = steady_clock::now();
  const Finished finished = stress.finish();
  EXPECT_LT(steady_clock::now() - began, seconds(40));
  EXPECT_NE(finished.exit_code, 0);
  EXPECT_NE(finished.out.find("interrupted"), std::string::npos) << finished.out << finished.err;
}

}  // namespace
}  // namespace penny::cli
