#pragma once

// Erasing a user; see `Store::erase` and docs/erasing.md.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace penny {

enum class EraseStage : std::uint8_t {
  kWaiting = 1,  // for its turn, or for another process that erases
  kIndex = 2,    // the search index is written anew without the user's words
  kRows = 3,     // rows and index entries go; counted in operations
  kPages = 4,    // free space is overwritten; counted in pages of the file
  kLog = 5,      // the write-ahead log is emptied, once nobody reads from it
  kFiles = 6,    // all files are searched for what is left; counted in bytes
};

// For example "rows".
[[nodiscard]] std::string_view to_string(EraseStage stage);

struct EraseProgress {
  EraseStage stage = EraseStage::kWaiting;
  std::uint64_t done = 0;
  std::uint64_t total = 0;  // 0: not counted
  std::string trouble{};    // why the last step failed, such as a full disk or a reader that stays; it is tried again
};

inline constexpr std::chrono::minutes kEraseDeadlineDefault{30};

struct EraseOptions {
  std::chrono::milliseconds deadline = kEraseDeadlineDefault;
  // Called on the thread that erases, a few times a second.
  std::function<void(const EraseProgress&)> progress{};
  // What the files are searched for as well, each of at least 4 bytes. What others said may well be among it.
  std::vector<std::string> also_search_for{};
};

struct Erased {
  std::uint64_t rev = 0;  // of the tombstone
  // In the files of the store after the erase: the user's name in the form in which it is kept, and the random marks of the latest
  // operations. Anything but 0 means that the erase did not do what it promises.
  std::uint64_t bytes_found = 0;
};

}  // namespace penny
