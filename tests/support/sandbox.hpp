#pragma once

// Runs hostile programs in a real sandbox, looks from outside at what is left of them, and writes it down.

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "support/until.hpp"
#include "tools/sandbox.hpp"

namespace penny::test {

// What of it can be read: of a process that ends meanwhile nothing. (An iterator over the stream would throw then.)
inline std::string whole_file(const std::string& path) {
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Processes that have `mark` among their words, without those that have ended and are not yet collected.
inline std::vector<pid_t> marked_processes(std::string_view mark) {
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (whole_file(entry.path() / "cmdline").find(mark) == std::string::npos) continue;
    found.push_back(static_cast<pid_t>(std::atoi(name.c_str())));
  }
  return found;
}

// A mark that no other process has. Not among the words of this process.
inline std::string new_mark() {
  static std::atomic<int> count = 0;
  return fmt::format("penny-mark-{}-{}", getpid(), ++count);
}

struct Ran {
  Result<tools::ProgramResult> result = tools::ProgramResult{};
  std::chrono::milliseconds answered_after{0};  // from the deadline; negative: before it
  std::size_t left = 0;                         // processes, when the caller was answered
  std::size_t most = 0;                         // processes at any look meanwhile
};

inline tools::Program python(std::string_view script) {
  return {.command = {"python3", "-Sc", std::string(script)}, .environment = {}, .readable_paths = {}};
}

// `program` gets a mark as its last word.
inline Ran run_marked(tools::Program program, const tools::SandboxLimits& limits = {},
                      std::chrono::milliseconds patience = std::chrono::milliseconds(1'000),
                      std::string_view input = "{}") {
  using Clock = std::chrono::steady_clock;
  const std::string mark = new_mark();
  program.command.push_back(mark);
  Ran ran;
  std::atomic<bool> is_over = false;
  std::thread observer([&] {
    while (!is_over) {
      ran.most = std::max(ran.most, marked_processes(mark).size());
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  const auto deadline = Clock::now() + patience;
  ran.result = tools::run_program(program, input, limits, deadline, CancelToken());
  ran.answered_after = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - deadline);
  ran.left = marked_processes(mark).size();
  is_over = true;
  observer.join();
  return ran;
}

// A row of the table of docs/tools_sandbox.md, if the file PENNY_TABLE is asked for.
inline void record(std::string_view tool, std::string_view happened, const Ran& ran) {
  const char* path = std::getenv("PENNY_TABLE");
  if (path == nullptr || !ran.result) return;
  const auto gone = ran.result->gone_after
                        ? fmt::format("{:.1f}", static_cast<double>(ran.result->gone_after->count()) / 1'000)
                        : "never";
  const std::string end = ran.result->end == tools::ProgramEnd::kDeadline
                              ? "deadline"
                              : fmt::format("{} {}", tools::to_string(ran.result->end), ran.result->code);
  std::ofstream(path, std::ios::app) << fmt::format("| {} | {} | {} | {} | {} |\n", tool, happened, end, gone,
                                                    ran.left);
}

// What holds for each of them.
inline void expect_nothing_left(const Ran& ran) {
  ASSERT_TRUE(ran.result.has_value()) << ran.result.error().message;
  EXPECT_EQ(ran.left, 0U);
  ASSERT_TRUE(ran.result->gone_after.has_value());
  EXPECT_LT(*ran.result->gone_after, std::chrono::milliseconds(200));
  EXPECT_LT(ran.answered_after, std::chrono::milliseconds(250));  // with the look at /proc
}

inline void expect_ended_by_deadline(const Ran& ran) {
  expect_nothing_left(ran);
  ASSERT_TRUE(ran.result.has_value());
  EXPECT_EQ(ran.result->end, tools::ProgramEnd::kDeadline) << ran.result->output << ran.result->errors;
}

// Exit code 0, and `expected` on standard output.
inline void expect_says(const Ran& ran, std::string_view expected) {
  expect_nothing_left(ran);
  ASSERT_TRUE(ran.result.has_value());
  EXPECT_EQ(ran.result->end, tools::ProgramEnd::kExit);
  EXPECT_EQ(ran.result->code, 0) << ran.result->errors;
  EXPECT_EQ(ran.result->output, expected) << ran.result->errors;
}

}  // namespace penny::test
