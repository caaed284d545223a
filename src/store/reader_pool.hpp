#pragma once

// The read connections of one open store.
//
// 1. A connection is used by one thread at a time, for one read, which is one snapshot.
// 2. Between `pause_for_fork` and `resume` no connection is open: idle ones are closed by the forking thread,
//    running ones are interrupted and closed by the thread that runs them.
// 3. The begin of the oldest running read stands in our slot of the shared page.
// 4. Of a store that was opened to read only, connections are quiet while nobody has it open (quiet_files.hpp): opened
//    anew when its files changed, and a read counts only if it was undisturbed.

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/quiet_files.hpp"
#include "base/clock.hpp"
#include "base/sync.hpp"
#include "store/gate_page.hpp"

namespace penny::store {

class ReaderPool {
 public:
  // What a new connection needs before it is used. It is done anew for each read while somebody has the store open.
  using Prepare = std::function<Result<void>(backend::sqlite::Connection&)>;

  // `page` outlives it. Of `paths` it reads the database.
  ReaderPool(base::StorePaths paths, GatePage& page, bool is_read_only, Prepare prepare = {});

  // A connection for one read, given back when it goes out of scope. Used by one thread.
  class Lease {
   public:
    Lease(Lease&& other) noexcept;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    [[nodiscard]] backend::sqlite::Connection& connection() { return *opened_.connection; }
    // After a read: false if somebody may have changed what it read. Always true of a store that is open for writing.
    [[nodiscard]] bool is_undisturbed() const { return pool_->stamp() == opened_.stamp; }
    [[nodiscard]] bool is_quiet() const { return opened_.stamp.has_value(); }
    // The connection is not to be used again.
    void discard() { is_discarded_ = true; }

   private:
    friend class ReaderPool;
    struct Running {
      backend::sqlite::Connection* connection;
      base::Instant since;
    };
    struct Opened {
      std::unique_ptr<backend::sqlite::Connection> connection;
      std::optional<backend::sqlite::QuietStamp> stamp;  // of a quiet one: the files that it reads
    };
    Lease(ReaderPool& pool, Opened opened, std::list<Running>::iterator running)
        : pool_(&pool), opened_(std::move(opened)), running_(running) {}
    ReaderPool* pool_;
    Opened opened_;
    std::list<Running>::iterator running_;
    bool is_discarded_ = false;
  };

  // Any thread. Blocks while a fork is under way or the log is about to be reset (300 ms at most), until the deadline (`kSnapshotExpired`). `kClosed` after `close`. The
  // connection's statements end at the deadline.
  [[nodiscard]] Result<Lease> acquire(base::Instant deadline, backend::sqlite::LogSync log_sync);

  // Interrupts running reads, waits for them, and closes all connections. Once.
  void close();

  // As in committer.hpp.
  [[nodiscard]] bool pause_for_fork(base::Instant deadline) NO_THREAD_SAFETY_ANALYSIS;
  void resume_in_parent() NO_THREAD_SAFETY_ANALYSIS;
  void resume_in_child() NO_THREAD_SAFETY_ANALYSIS;

  void set_slot(std::optional<std::size_t> slot);

 private:
  void give_back(Lease& lease);
  // Interrupts running reads until all have ended. False: not in time.
  bool end_reads(base::Instant deadline) NO_THREAD_SAFETY_ANALYSIS;
  void show_oldest() REQUIRES(mutex_);
  // Of the files now, if reads are to be quiet.
  [[nodiscard]] std::optional<backend::sqlite::QuietStamp> stamp() const;

  const base::StorePaths paths_;
  const bool is_read_only_;
  const Prepare prepare_;
  GatePage& page_;
  base::Mutex mutex_{base::Rank::kReaderPool};
  base::CondVar changed_;
  std::optional<std::size_t> slot_ GUARDED_BY(mutex_);
  std::vector<Lease::Opened> idle_ GUARDED_BY(mutex_);
  std::list<Lease::Running> running_ GUARDED_BY(mutex_);  // the oldest first
  std::size_t open_count_ GUARDED_BY(mutex_) =
      0;  // of connections that are not idle, opening and closing ones included
  bool is_forking_ GUARDED_BY(mutex_) = false;
  bool is_closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace penny::store
