#pragma once

// Where it was measured: figures mean little without it.

#include <filesystem>
#include <string>

namespace penny::bench {

struct Machine {
  std::string processor;
  unsigned cores = 0;
  std::string kernel;
  std::string file_system;  // of the stores, as in /proc/self/mounts
  std::string sqlite_version;
};

// Throws `std::runtime_error` if Penny and the rivals do not use the same version of SQLite.
[[nodiscard]] Machine describe_machine(const std::filesystem::path& folder);

// The median time of writing 4 KiB into an existing part of a file and syncing it: the wall that each lone write meets.
[[nodiscard]] double sync_us(const std::filesystem::path& folder);

}  // namespace penny::bench
