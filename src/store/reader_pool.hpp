#pragma once

// The read connections of one open store.
//
// 1. A connection is used by one thread at a time, for one read, which is one snapshot.
// 2. Between `pause_for_fork` and `resume` no connection is open: idle ones are closed by the forking thread,
//    running ones are interrupted and closed by the thread that runs them.
// 3. The begin of the oldest running read stands in our slot of the shared page.

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"
#include "base/clock.hpp"
#include "base/sync.hpp"
#include "store/gate_page.hpp"

namespace penny::store {

class ReaderPool {
 public:
  // `page` outlives it.
  ReaderPool(std::string database_path, GatePage& page);

  // A connection for one read, given back when it goes out of scope. Used by one thread.
  class Lease {
   public:
    Lease(Lease&& other) noexcept;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    [[nodiscard]] backend::sqlite::Connection& connection() { return *connection_; }
    // The connection is not to be used again.
    void discard() { is_discarded_ = true; }

   private:
    friend class ReaderPool;
    struct Running {
      backend::sqlite::Connection* connection;
      base::Instant since;
    };
    Lease(ReaderPool& pool, std::unique_ptr<backend::sqlite::Connection> connection,
          std::list<Running>::iterator running)
        : pool_(&pool), connection_(std::move(connection)), running_(running) {}
    ReaderPool* pool_;
    std::unique_ptr<backend::sqlite::Connection> connection_;
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

  const std::string path_;
  GatePage& page_;
  base::Mutex mutex_{base::Rank::kReaderPool};
  base::CondVar changed_;
  std::optional<std::size_t> slot_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<backend::sqlite::Connection>> idle_ GUARDED_BY(mutex_);
  std::list<Lease::Running> running_ GUARDED_BY(mutex_);  // the oldest first
  std::size_t open_count_ GUARDED_BY(mutex_) =
      0;  // of connections that are not idle, opening and closing ones included
  bool is_forking_ GUARDED_BY(mutex_) = false;
  bool is_closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace penny::store
