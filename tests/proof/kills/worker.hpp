#pragma once

// The processes of this part: what starts them, and what they run.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penny::proof::kills {

inline constexpr std::string_view kWorkerName = "kills";

struct WorkerSetting {
  std::string store;
  std::string journal;
  std::string census;
  std::uint64_t seed = 0;
  std::uint32_t store_number = 0;
  std::size_t process = 0;  // its place in the journal
  std::chrono::milliseconds deadline{30'000};
  // Reads all the while, and measures how late its threads are woken.
  bool reads = false;

  [[nodiscard]] std::vector<std::string> words() const;
  static WorkerSetting parse(const std::vector<std::string>& words);
};

// Writes with every lane of its page until it is told to end, or killed. Exit code 0: nothing happened that may not.
int run_worker(const std::vector<std::string>& words);

}  // namespace penny::proof::kills
