#pragma once

// One part of the proof, run as a process of its own with a planted bug or without.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penny::proof::plants {

struct LayerRun {
  std::vector<std::string> red;  // claims that did not hold; "it crashed" and the like count as claims
  std::string witness;           // of the first
  std::chrono::milliseconds took{};
  [[nodiscard]] bool is_red() const { return !red.empty(); }
};

// Of each: blocks until it ended, or ends it with all its processes at the limit. `folder` is for its files.
[[nodiscard]] LayerRun run_layer(std::string_view part, std::string_view plant, std::uint64_t seed,
                                 const std::string& folder, std::chrono::milliseconds limit);

// The unit tests of the filter, in a program that has the planted bugs. None if that was not built.
[[nodiscard]] bool are_tests_there();
// Those of the filter's patterns that no test of that program has.
[[nodiscard]] std::vector<std::string> patterns_without_tests(std::string_view filter, const std::string& folder);
[[nodiscard]] LayerRun run_tests(std::string_view filter, std::string_view plant, const std::string& folder,
                                 std::chrono::milliseconds limit);

}  // namespace penny::proof::plants
