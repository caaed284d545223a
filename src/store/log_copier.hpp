#pragma once

// The thread that copies the write-ahead log into the database (a PASSIVE checkpoint), so that nobody's commit waits for it. It is in
// the process that holds the lock for it, one at a time.
//
// 1. It needs no gate: it neither waits for readers nor keeps anybody waiting. Frames that come meanwhile stay in the log.
// 2. If the log was not copied for a while, it writes in small pieces (paced_writes.hpp), so that commits find the disk free. When
//    commits come so fast that it would fall behind, it does not.
// 3. Its connection is open while it copies, and no longer: files that are exchanged, and forks, meet none.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>

#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/store_file.hpp"
#include "base/clock.hpp"
#include "base/sync.hpp"
#include "store/gate_page.hpp"
#include "store/sole_lock.hpp"

namespace penny::store {

class LogCopier {
 public:
  struct Callbacks {
    std::function<void()> turn_writing_off;      // a sync failed, and must not be tried again
    std::function<void(std::string_view)> warn;  // of what went wrong
  };
  // `page` outlives it. The callbacks are called by its thread.
  LogCopier(const backend::sqlite::StoreFile& file, GatePage& page, Callbacks callbacks);
  ~LogCopier();  // `close` was called
  LogCopier(const LogCopier&) = delete;
  LogCopier& operator=(const LogCopier&) = delete;

  // Any thread. Does not block. `lock` is the checkpoint's, and is let go when the log was copied. `frames`: how many are to be copied.
  void copy(SoleLock lock, std::uint32_t frames);

  // Blocks until nothing is being copied here.
  void finish();

  // Ends the thread, after what it is at. Once.
  void close();

  // As in committer.hpp.
  [[nodiscard]] bool pause_for_fork(base::Instant deadline) NO_THREAD_SAFETY_ANALYSIS;
  void resume_in_parent() NO_THREAD_SAFETY_ANALYSIS;
  void resume_in_child() NO_THREAD_SAFETY_ANALYSIS;

 private:
  void run();
  void copy_log(std::uint32_t frames);
  Result<void> copy_in_passes(std::uint32_t frames);
  Result<backend::sqlite::Connection::Checkpoint> copy_once(backend::sqlite::Connection& connection);

  const backend::sqlite::StoreFile& file_;
  GatePage& page_;
  const Callbacks callbacks_;
  std::atomic<bool> is_hurried_{false};  // somebody here waits for its end
  const std::function<bool()> is_to_hurry_ = [this] { return is_hurried_ || page_.is_copy_urgent(); };

  base::Mutex mutex_{base::Rank::kLeaf};
  base::CondVar changed_;
  std::optional<SoleLock> lock_ GUARDED_BY(mutex_);  // there is something to do, or it is being done
  std::uint32_t frames_ GUARDED_BY(mutex_) = 0;
  bool is_forking_ GUARDED_BY(mutex_) = false;
  bool is_to_end_ GUARDED_BY(mutex_) = false;
  std::unique_ptr<std::thread> thread_ GUARDED_BY(mutex_);
};

}  // namespace penny::store
