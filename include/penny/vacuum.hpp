#pragma once

// Giving space back to the file system; see `Store::vacuum` and docs/operations.md.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace penny {

enum class VacuumStage : std::uint8_t {
  kWaiting = 1,  // for its turn, for an erase, or for another process that does the same
  kPages = 2,    // pages move into free ones, and the file's end goes; counted in free pages
  kLog = 3,      // the write-ahead log is copied and emptied, which cuts the file
  kIndex = 4,    // whoever keeps the search index writes it anew; counted in operations
};

// For example "pages".
[[nodiscard]] std::string_view to_string(VacuumStage stage);

struct VacuumProgress {
  VacuumStage stage = VacuumStage::kWaiting;
  std::uint64_t done = 0;
  std::uint64_t total = 0;  // 0: not counted
  std::string trouble{};    // why the last step failed, such as a reader that stays; it is tried again
};

inline constexpr std::chrono::minutes kVacuumDeadlineDefault{30};

struct VacuumOptions {
  std::chrono::milliseconds deadline = kVacuumDeadlineDefault;
  // Called on the thread that asked, a few times a second; false ends it, and what is done stays.
  std::function<bool(const VacuumProgress&)> progress{};
};

struct Vacuumed {
  std::uint64_t bytes_before = 0;  // of the store's file
  std::uint64_t bytes_after = 0;
  std::uint64_t pages = 0;       // that were given back
  std::uint64_t free_pages = 0;  // that are in the file now: others freed them meanwhile, or it was ended before
  std::uint64_t rounds = 0;      // steps, each one transaction
  // Of the search index; 0 if there is none.
  std::uint64_t search_bytes_before = 0;
  std::uint64_t search_bytes_after = 0;
  // Whoever keeps the search index did not come to it while this waited, and gives its space back later.
  bool is_search_index_left = false;
  bool is_complete = true;  // false: `progress` ended it
};

}  // namespace penny
