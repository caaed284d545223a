#pragma once

// What is measured. Each makes its stores in the folder, removes them, and throws `std::runtime_error` if it cannot go on.

#include <cstdint>
#include <string>
#include <vector>

#include "bench/figures/section.hpp"
#include "bench/figures/work_folder.hpp"

namespace penny::figures {

struct SearchOptions {
  std::uint64_t turns = 500'000;
  std::uint32_t users = 1'000;
  std::uint32_t threads = 64;       // that write
  std::uint32_t questions = 2'000;  // of each kind
  std::uint64_t seed = 1;
};
[[nodiscard]] Section measure_search(const SearchOptions& options, const WorkFolder& folder);

struct SizesOptions {
  std::vector<std::uint64_t> bytes{64'000'000, 5'000'000'000};
  std::uint32_t users = 1'000;
  std::uint32_t reads = 10'000;
  std::uint32_t cold_reads = 2'000;
  std::uint32_t opens = 50;
};
[[nodiscard]] Section measure_sizes(const SizesOptions& options, const WorkFolder& folder);

struct RecoveryOptions {
  std::uint64_t log_bytes = std::uint64_t{64} << 20;  // of the write-ahead log when all are killed
  std::uint32_t times = 50;
};
[[nodiscard]] Section measure_recovery(const RecoveryOptions& options, const WorkFolder& folder);

struct ReadersOptions {
  std::uint32_t readers = 50;
  std::uint32_t processes = 5;  // that the readers are in
  std::uint32_t read_ms = 100;  // each
  std::uint32_t rest_ms = 50;   // between two, at most
  std::uint32_t writers = 64;
  double seconds = 60;
  double stopped_seconds = 20;
  double foreign_seconds = 20;
  std::uint64_t log_bytes_max = 2'000'000'000;  // a longer log ends a phase
};
[[nodiscard]] Section measure_readers(const ReadersOptions& options, const WorkFolder& folder);

struct ImportingOptions {
  std::uint64_t lines = 200'000;
  std::uint32_t writers = 8;
  double per_second = 100;  // of each, when they do not write as fast as they can
  double alone_seconds = 20;
  double import_seconds_max = 300;
};
[[nodiscard]] Section measure_importing(const ImportingOptions& options, const WorkFolder& folder);

// Only with the tools.
struct GuardOptions {
  std::uint32_t functions = 5'000;
  std::uint32_t programs = 1'000;
};
[[nodiscard]] Section measure_guard(const GuardOptions& options, const WorkFolder& folder);

// Only with the assistant.
struct TurnOptions {
  std::uint64_t turns = 100'000;  // in the store
  std::uint32_t said = 2'000;     // of each kind of load and pace
  std::uint32_t every_ms = 50;
  std::uint32_t writers = 8;
  double per_second = 100;  // of each
  std::uint32_t seed = 1;
};
[[nodiscard]] Section measure_turn(const TurnOptions& options, const WorkFolder& folder);

// What the processes do that a measurement starts: `penny_figures --worker ARGUMENTS...`.
void work(const std::vector<std::string>& arguments);

}  // namespace penny::figures
