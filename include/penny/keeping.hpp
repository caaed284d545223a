#pragma once

// What keeps a store safe over the years: copies of it, and how they are put back. See docs/operations.md.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace penny {

// How far a long work has come. Called by the thread that does it, some times a second or more often while it copies, once before each
// user whom it erases again, and once when it begins to verify; false stops the work, which then is `kStopped` and leaves nothing behind.
struct Progress {
  enum class Stage : std::uint8_t { kCopying, kErasing, kVerifying };
  Stage stage = Stage::kCopying;
  std::uint64_t done_bytes = 0;
  std::uint64_t all_bytes = 0;  // an estimate, since the store may grow meanwhile; 0: unknown
};
using ProgressCallback = std::function<bool(const Progress&)>;

struct RestoreOptions {
  bool replace =
      false;  // a store that is there makes way: it is kept beside the restored one, and its erases are made again
  ProgressCallback progress{};
};

// A copy that was made and verified.
struct CopyReport {
  std::string path;
  std::string kept_aside{};  // `restore`: where the store is that was there before; empty: there was none
  // `restore`: users whom that store had erased since the backup was made, and who are erased in the restored one too.
  std::uint64_t users_erased_again = 0;
  std::string erases_unknown{};  // why that store did not tell: it is damaged; empty: it told
  std::uint64_t bytes = 0;
  std::uint64_t users = 0;
  std::uint64_t operations = 0;
  std::uint64_t rounds = 0;  // 1: nobody wrote meanwhile
  std::chrono::milliseconds copying{};
  std::chrono::milliseconds verifying{};
};

}  // namespace penny
