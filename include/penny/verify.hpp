#pragma once

// Checking a store; see `Store::verify` and docs/operations.md.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penny {

enum class VerifyStage : std::uint8_t {
  kFile = 1,         // SQLite's own check; not counted
  kLedger = 2,       // counted in users
  kFreeSpace = 3,    // counted in pages; deep only, as what follows
  kSearchIndex = 4,  // counted in operations
};

// For example "ledger".
[[nodiscard]] std::string_view to_string(VerifyStage stage);

struct VerifyProgress {
  VerifyStage stage = VerifyStage::kFile;
  std::uint64_t done = 0;
  std::uint64_t total = 0;  // 0: not counted
};

struct VerifyOptions {
  bool deep = false;  // the search index, the free space and the files as well
  // Called by the thread that checks, some times a second or more often; false stops the check.
  std::function<bool(const VerifyProgress&)> progress{};
};

enum class SearchIndexState : std::uint8_t {
  kNone = 1,  // there is none: the first search makes it
  kWhole = 2,
  kDamaged = 3,  // the store is not: its index is made anew once its file is removed
  kChanged = 4,  // it was made anew while it was looked at, or somebody was erased: look again
  kUnknown = 5,  // the ledger is damaged where it would have been compared
};

// For example "whole".
[[nodiscard]] std::string_view to_string(SearchIndexState state);

// The search index against the ledger: FTS5's own check of it, and whether it has each turn and fact up to where it has come, with the
// same words in the same places, and nothing else.
struct SearchIndexReport {
  SearchIndexState state = SearchIndexState::kNone;
  std::uint64_t documents = 0;   // turns and facts in it
  std::uint64_t indexed_to = 0;  // seq of the ledger; what is after it is searched in the ledger itself
  bool has_marked = false;       // words of what was forgotten are in it, marked as such, until its parts are merged
  std::vector<std::string> problems;  // the first 20
  std::string file;                   // that would have to be removed, with its -wal and -shm
};

// What only a deep check looks at. None of it is damage.
struct DeepReport {
  SearchIndexReport search_index;
  std::uint64_t free_pages = 0;
  // Free pages with anything but zeros and numbers of pages: something wrote the file without `secure_delete`.
  std::uint64_t free_pages_with_content = 0;
  // Pages whose free space has copies of cells, which SQLite leaves behind when it balances a tree. An erase overwrites them.
  std::uint64_t pages_with_copies = 0;
};

struct VerifyReport {
  std::uint64_t users = 0;
  std::uint64_t operations = 0;
  std::uint64_t forgotten = 0;
  std::vector<std::string> problems{};  // empty: the store is whole
  std::vector<std::string> notes{};     // nothing wrong, but worth to know: erases that are unfinished
  std::optional<DeepReport> deep{};     // if it was asked for
};

}  // namespace penny
