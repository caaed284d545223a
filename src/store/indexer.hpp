#pragma once

// The thread that keeps the search index up to date, in one process at a time: whoever holds the lock. It begins with the
// first search of this process, and sleeps on the doorbell.
//
// 1. Dying does no harm: the index is then as it was at an earlier position, and another process takes over within a second.
// 2. Between `pause_for_fork` and `resume` nothing of the index is open here.
// 3. The lock of `mutex_` is never held while a step runs.
// 4. What comes is added quietly (quiet_worker.hpp, paced_writes.hpp), little at a time, so that nobody's turn waits for it. When it falls
//    far behind, or is let run so rarely that it would, the thread adds it itself until it has caught up.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>

#include <penny/error.hpp>
#include <penny/log.hpp>

#include "backend/sqlite/search_index.hpp"
#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/sync.hpp"
#include "store/doorbell.hpp"
#include "store/quiet_worker.hpp"
#include "store/sole_lock.hpp"

namespace penny::store {

class Indexer {
 public:
  // Reads a portion of the ledger after a position, in a snapshot of the caller's.
  using ReadPortion = std::function<Result<backend::sqlite::SearchIndexWriter::Portion>(
      const backend::sqlite::IndexPosition& after, std::size_t rows_max)>;

  // `bell` outlives it.
  Indexer(base::StorePaths paths, std::string store_id, Doorbell& bell, ReadPortion read, LogCallback log);
  ~Indexer();

  // Any thread. Does not block. Does nothing if it runs already.
  void start();
  // A search found the index wrong: if the thread's own look confirms it, it is made anew.
  void suspect();
  // Any thread: whether its last try found the disk full.
  [[nodiscard]] bool is_short_of_space() const { return is_short_of_space_; }
  // Ends the thread. Once; blocks for a step.
  void close();

  // As in committer.hpp.
  [[nodiscard]] bool pause_for_fork(base::Instant deadline) NO_THREAD_SAFETY_ANALYSIS;
  void resume_in_parent() NO_THREAD_SAFETY_ANALYSIS;
  void resume_in_child() NO_THREAD_SAFETY_ANALYSIS;

 private:
  enum class Progress : std::uint8_t { kMore, kDone, kNotOurs, kFailed };

  void run();
  Progress step();
  Result<void> add(const backend::sqlite::SearchIndexWriter::Portion& portion);
  template <typename Work>
  std::invoke_result_t<Work> quietly(const Work& work);
  Result<void> open();
  Progress failed(const Error& error);
  Progress waits(const Error& error);

  const base::StorePaths paths_;
  const std::string store_id_;
  Doorbell& bell_;
  const ReadPortion read_;
  const LogCallback log_;

  // Of the thread, while it is in a step, else of nobody.
  std::optional<SoleLock> lock_;
  std::unique_ptr<backend::sqlite::SearchIndexWriter> writer_;
  std::unique_ptr<QuietWorker> quiet_ = std::make_unique<QuietWorker>();
  bool is_in_a_hurry_ = false;  // see 4
  std::string last_failure_;
  std::atomic<bool> is_suspect_{false};
  std::atomic<bool> is_short_of_space_{false};
  std::atomic<bool> is_hurried_{false};  // somebody waits for the end of a step
  const std::function<bool()> is_to_hurry_ = [this] { return is_hurried_.load(std::memory_order_relaxed); };

  base::Mutex mutex_{base::Rank::kLeaf};
  base::CondVar changed_;
  std::unique_ptr<std::thread> thread_ GUARDED_BY(mutex_);
  bool is_in_step_ GUARDED_BY(mutex_) = false;
  bool is_forking_ GUARDED_BY(mutex_) = false;
  bool is_to_end_ GUARDED_BY(mutex_) = false;
};

}  // namespace penny::store
