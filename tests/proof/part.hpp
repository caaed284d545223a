#pragma once

// A part of the proof: one way to attack the store, as one command of `penny_proof`.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proof/report.hpp"

namespace penny::proof {

// kShort: some seconds, enough for a planted bug to be seen. kCi: minutes. kLong: hours.
enum class Scale : std::uint8_t { kShort, kCi, kLong };

struct Order {
  Scale scale = Scale::kCi;
  std::uint64_t seed = 1;    // the same seed makes the same attack, as far as the scheduler is not part of it
  std::uint64_t amount = 0;  // of what the part counts; 0: as the scale says
  std::uint32_t jobs = 1;    // processes or threads that may work side by side
  std::string folder;        // empty, ours, and removed afterwards

  [[nodiscard]] std::uint64_t amount_or(std::uint64_t for_short, std::uint64_t for_ci, std::uint64_t for_long) const;
};

struct Part {
  std::string_view name;
  std::string_view description;  // one line of --help, with what `--amount` counts
  void (*run)(const Order& order, Report& report);
};

// What `penny_proof --worker NAME ARGUMENT...` runs: a process that a part starts and may kill. Returns the exit code.
struct Worker {
  std::string_view name;
  int (*run)(const std::vector<std::string>& arguments);
};

[[nodiscard]] const std::vector<Part>& parts();
[[nodiscard]] const std::vector<Worker>& workers();

}  // namespace penny::proof
