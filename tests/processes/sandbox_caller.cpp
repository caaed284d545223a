// Runs a program in a sandbox, a minute at most, and says how it ended:
//
//     penny_test_sandbox_caller /usr/bin/cat /proc/self/status
//
// Before that it says "runs", when the program can be anywhere between not yet begun and ended. Exit code 3 if it was refused.

#include <chrono>
#include <cstdio>
#include <string>

#include <fmt/core.h>

#include "tools/sandbox.hpp"

int main(int argc, char** argv) {
  penny::tools::Program program;
  for (int word = 1; word < argc; ++word) program.command.emplace_back(argv[word]);
  fmt::print("runs\n");
  (void)std::fflush(stdout);
  const auto ran = penny::tools::run_program(
      program, "{}", {}, std::chrono::steady_clock::now() + std::chrono::minutes(1), penny::CancelToken());
  if (!ran) {
    fmt::print("refused {}: {}\n", penny::to_string(ran.error().code), ran.error().message);
    return 3;
  }
  fmt::print("{} {}\n{}{}", penny::tools::to_string(ran->end), ran->code, ran->output, ran->errors);
  return 0;
}
