#pragma once

// Writing back to the disk in small pieces what SQLite copies from a log into its database.
//
// A checkpoint changes some hundred pages all over the file and then syncs it. The disk gets all of them at once, and a commit
// that syncs a log meanwhile, in this process or another, waits behind them for milliseconds. A paced checkpoint has the
// kernel write a few pages, waits for them and rests, so that a commit finds the disk free; its own sync then has little left.
//
// 1. Pacing changes when bytes reach the disk, never which, nor what is synced before what: SQLite syncs as it always does.
// 2. It takes some ten milliseconds where the copy alone takes some, so nobody may wait for the thread that does it.

#include <functional>

namespace penny::backend::sqlite {

// Makes our copy of SQLite write through here. Once per process; any thread; cheap after that.
void install_paced_writes();

// As long as it lives, what SQLite writes to databases on this thread is paced. One at a time on a thread.
class PacedWrites {
 public:
  // `is_hurried` is asked at each write; from the first true on nothing rests. Outlives it.
  explicit PacedWrites(const std::function<bool()>& is_hurried);
  ~PacedWrites();
  PacedWrites(const PacedWrites&) = delete;
  PacedWrites& operator=(const PacedWrites&) = delete;
};

}  // namespace penny::backend::sqlite
