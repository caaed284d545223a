#pragma once

// Reading a store that nobody has open, without making or locking anything: from a disk that is mounted read-only or full, from
// a folder that is not ours to write, or a backup that shall stay as it is.
//
// SQLite's ways of reading beside a log want shared memory (`-shm`), or leave the log away (`immutable=1`), with the commits
// that only it holds. So a quiet connection has a file system of its own ("penny-quiet"): its files are opened for reading only,
// its locks are none, and the index of the log is made in memory, for this connection alone.
//
// 1. That is right only while nobody writes. So a quiet read counts only if nobody had the store open (`-shm` is held by whoever
//    has) and none of its two files changed from before the connection was opened until after the read.
// 2. A change shows in a file's time, which is as coarse as the kernel's tick: files that changed a moment ago are
//    looked at again after it.
// 3. As soon as somebody has the store open, reads go the ordinary way, beside the writers.

#include <compare>
#include <cstdint>
#include <optional>

#include "base/file_system.hpp"

namespace penny::backend::sqlite {

// What shows a change of the store's files.
struct QuietStamp {
  struct File {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;  // 0: there is none
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const File&) const = default;
  };
  File database;
  File wal;
  bool operator==(const QuietStamp&) const = default;
};

// Nothing if somebody has the store open, or the database is not there. Blocks for some 20 ms if a file was changed a moment ago.
[[nodiscard]] std::optional<QuietStamp> quiet_stamp(const base::StorePaths& paths);

// Its name, for sqlite3_open_v2; see log_writes.hpp, `store_file_system`.
[[nodiscard]] const char* quiet_file_system();

}  // namespace penny::backend::sqlite
