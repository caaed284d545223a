#pragma once

// SQLite's file system as a chapter wants it: full, failing at a sync, or held up in one. Put on top of the default one; the
// stores that a chapter opens meanwhile use it. One at a time, and no store is open when it comes and goes.

#include <atomic>
#include <string>

namespace penny::proof::basics {

// Counts from now on how often SQLite opens a folder, which it does to sync it. Before SQLite is used in the process.
void count_folder_syncs();
[[nodiscard]] unsigned folder_syncs();

class WatchedDisk {
 public:
  WatchedDisk();
  ~WatchedDisk();
  WatchedDisk(const WatchedDisk&) = delete;
  WatchedDisk& operator=(const WatchedDisk&) = delete;

  void set_full(bool is_full);                    // every write says that there is no space
  void fail_reads(bool do_fail);                  // every read says that the disk failed
  void fail_next_log_sync();                      // once
  void hold_log_syncs(bool is_held);              // a sync of the log does not return while they are held
  [[nodiscard]] unsigned held_log_syncs() const;  // how many wait now
  [[nodiscard]] unsigned log_syncs() const;       // so far
  [[nodiscard]] unsigned database_syncs() const;
};

}  // namespace penny::proof::basics
