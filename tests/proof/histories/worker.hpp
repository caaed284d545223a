#pragma once

// The processes of a run, as `penny_proof --worker NAME ...` starts them. Each records what it does in a file of its own.

#include <cstdint>
#include <string>
#include <vector>

namespace penny::proof::histories {

inline constexpr const char* kWriterName = "histories-writer";
inline constexpr const char* kReaderName = "histories-reader";
inline constexpr const char* kFinalName = "histories-final";

// FOLDER PROCESS SLOT SEED PREDECESSOR: writes and reads with kThreads threads until there were enough calls, or its slot is
// told to end. First it tries again what its predecessor (a process, 0: none) was killed in.
int run_writer(const std::vector<std::string>& arguments);
// FOLDER PROCESS: one long read of everything.
int run_reader(const std::vector<std::string>& arguments);
// FOLDER PROCESS: reads the state in the end, page by page.
int run_final(const std::vector<std::string>& arguments);

[[nodiscard]] std::string record_path(const std::string& folder, std::uint32_t process);
[[nodiscard]] std::string store_path(const std::string& folder);
[[nodiscard]] std::string board_path(const std::string& folder);

}  // namespace penny::proof::histories
