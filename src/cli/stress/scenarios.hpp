#pragma once

// The six scenarios that the assistant's own test file describes, played by threads of one process and by processes.

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/error.hpp>

#include "cli/stress/script.hpp"

namespace penny::cli::stress {

struct Scenario {
  std::uint32_t number = 0;
  std::string_view name;
  std::uint32_t members = 0;  // threads or processes
  std::uint64_t asked = 0;    // operations of all of them
  std::uint64_t reads = 0;
};

inline constexpr std::array<Scenario, 6> kScenarios{{
    {1, "concurrent memory writes", 5, 50, 0},
    {2, "concurrent personality updates", 5, 100, 0},
    {3, "simultaneous chat and voice", 2, 8, 2},
    {4, "memory under load", 10, 500, 0},
    {5, "race detection", 6, 90, 90},
    {6, "database integrity", 4, 100, 0},
}};

struct ScenarioResult {
  const Scenario* scenario = nullptr;
  bool is_by_processes = false;
  std::uint64_t asked = 0;
  std::uint64_t stored = 0;
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t errors = 0;
  double rate = 0;  // stored operations per second
  std::vector<std::string> problems;

  [[nodiscard]] bool is_passed() const { return errors == 0 && lost == 0 && doubled == 0; }
};

// Plays one scenario in a store of its own in the folder. Blocks until it is accounted for.
[[nodiscard]] Result<ScenarioResult> run_scenario(const Scenario& scenario, bool is_by_processes,
                                                  const std::filesystem::path& folder, const Script& script,
                                                  std::uint64_t seed);

}  // namespace penny::cli::stress
