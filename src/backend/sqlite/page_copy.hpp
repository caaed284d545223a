#pragma once

// A copy of a store's file, page by page, as of one moment, while others write, and without a snapshot that lasts.
//
// A snapshot that is held for the whole copy would keep the log from being begun anew, and the log of a busy store grows by
// more than 100 MB/s. `sqlite3_backup` begins again whenever somebody else commits. So:
//
// 1. The pages are copied in the order of the file, in snapshots that are ended and begun anew as often as the log's keepers
//    want. Such a copy alone is of no moment at all.
// 2. Whatever changes a page appends it to the log. The heads of the log's frames are read as they come: the pages that they
//    name are dirty, and are copied again, in rounds that get shorter, until what is dirty can be copied in one snapshot. Then
//    the copy is that snapshot.
// 3. No frame is missed. While a snapshot is held the log is begun anew at most once, and only if nothing was appended before
//    that (a reader of the log prevents it; a reader of the database alone, READ_LOCK(0), prevents copying from the log,
//    and so a second time). Between two snapshots the salts of the log tell: the same ones, nothing was begun anew; the
//    next ones, it was once, and the frames of the older log are still there as long as the newer one is shorter and
//    the file was not emptied (an erase does that). Else everything is dirty again.

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/descriptor.hpp"
#include "base/file_system.hpp"

namespace penny::backend::sqlite {

// How far the log has come, as its index (`-shm`) says.
struct LogPosition {
  std::uint32_t frames = 0;
  std::array<std::uint8_t, 8> salts{};  // of this log; the first half counts how often it was begun anew
  [[nodiscard]] std::uint32_t generation() const;
};

class PageCopy {
 public:
  struct Hooks {
    // Whether the keepers of the log want all snapshots to end.
    std::function<bool()> are_readers_asked_to_end;
    // Between two snapshots: waits until they want it no more.
    std::function<void()> wait_to_read;
    // After each step, with the pages that were copied and an estimate of all; false: stop.
    std::function<bool(std::uint64_t done, std::uint64_t all)> progress;
  };
  struct Copied {
    std::uint64_t pages = 0;   // of the copy
    std::uint64_t rounds = 0;  // 1: nothing changed meanwhile
    std::uint64_t again = 0;   // pages that were copied more than once
  };

  // `target` is a descriptor of a new file; `reader` is used by nobody else. `is_quiet`: it is a quiet connection (quiet_files.hpp), and
  // the files do not change.
  PageCopy(Connection& reader, base::StorePaths paths, int target, bool is_quiet, Hooks hooks)
      : reader_(reader), paths_(std::move(paths)), target_(target), is_quiet_(is_quiet), hooks_(std::move(hooks)) {}

  // Blocks until the copy is whole and synced. `kOverloaded` if writers are faster than the copy for too long; `kStopped` if
  // `progress` said so; else as reading and writing. What was copied until then is of no use.
  [[nodiscard]] Result<Copied> run();

 private:
  enum class Log : std::uint8_t { kFollowed, kLost };

  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> end();
  [[nodiscard]] Result<Log> roll();
  [[nodiscard]] Result<Log> roll_if_wanted();
  [[nodiscard]] Result<Log> follow_while_held(const LogPosition& now);
  [[nodiscard]] Result<Log> follow_gap(const LogPosition& before, const LogPosition& now);
  [[nodiscard]] Result<Log> mark(std::uint32_t first, std::uint32_t end, const LogPosition& log, bool may_end_early);
  [[nodiscard]] Result<LogPosition> log_position() const;
  [[nodiscard]] Result<Log> copy_all();
  [[nodiscard]] Result<Log> copy_dirty(bool is_last, bool& is_disturbed);
  [[nodiscard]] Result<void> copy_pages(std::uint64_t first, std::uint64_t count);
  [[nodiscard]] Result<void> sync_now_and_then(std::size_t written);
  [[nodiscard]] Result<void> report();
  void make_dirty(std::uint64_t page);

  Connection& reader_;
  const base::StorePaths paths_;
  const int target_;
  const bool is_quiet_;
  const Hooks hooks_;
  std::uint64_t pages_ = 0;  // of the snapshot
  LogPosition position_;     // before the snapshot: all frames up to it are in it, and were followed
  std::vector<bool> dirty_;  // by page number
  std::uint64_t dirty_count_ = 0;
  std::uint64_t copied_ = 0;
  std::uint64_t again_ = 0;
  std::size_t unsynced_ = 0;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace penny::backend::sqlite
