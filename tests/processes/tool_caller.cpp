// A process that asks for permits for one tool, under a virtual clock:
//
//     penny_test_tool_caller STORE CLOCK USER LOG
//
// It says `ready`, then obeys `try COUNT`: so many times it asks for a permit, and answers `tried COUNT GIVEN`. The id of each permit
// that it was given is a line of the log.

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <penny/penny.hpp>

#include "support/virtual_clock.hpp"

namespace {

constexpr unsigned kLifeMaxSeconds = 300;

void say(const std::string& line) {
  fmt::print("{}\n", line);
  (void)std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) return 2;
  (void)alarm(kLifeMaxSeconds);
  const penny::test::VirtualClock clock(arguments[2]);
  clock.rule();
  auto store = penny::Store::open(arguments[1]);
  const int log = open(arguments[4], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (!store || log < 0) return 1;
  say("ready");
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    std::uint64_t tries = 0;
    words >> command >> tries;
    std::uint64_t given = 0;
    for (std::uint64_t i = 0; i < tries; ++i) {
      const auto permit = store->commit({.user = arguments[3], .payload = penny::TakeToolPermit{.tool = "math.calc"}});
      if (!permit && permit.error().code != penny::ErrorCode::kRateLimited) {
        say("failed " + permit.error().message);
        return 1;
      }
      if (!permit) continue;
      given += 1;
      const std::string id = permit->id.to_string() + "\n";
      if (write(log, id.data(), id.size()) != static_cast<ssize_t>(id.size())) return 1;
    }
    say(fmt::format("tried {} {}", tries, given));
  }
  return 0;
}
