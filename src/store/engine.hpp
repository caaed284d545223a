#pragma once

// One open store: its files, its committer, its readers, and what a fork does to them.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <penny/store.hpp>

#include "backend/prepared.hpp"
#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/store_file.hpp"
#include "base/clock.hpp"
#include "base/sync.hpp"
#include "store/committer.hpp"
#include "store/doorbell.hpp"
#include "store/gate_page.hpp"
#include "store/reader_pool.hpp"

namespace penny::store {

class Engine {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Engine>> open(const std::string& path, const OpenOptions& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Any thread; see `Store`.
  [[nodiscard]] Result<BatchOutcome> commit(Batch batch, std::chrono::milliseconds deadline);
  [[nodiscard]] Result<Diagnosis> diagnose();
  [[nodiscard]] Result<VerifyReport> verify();
  void close(std::chrono::milliseconds deadline);
  void add_file_sizes(StoreStatistics& statistics) const;

  // Runs `read(connection)`, which returns a `Result`, on a connection of its own.
  template <class Read>
  [[nodiscard]] auto read(Read&& read) -> decltype(read(std::declval<backend::sqlite::Connection&>())) {
    const Call call;
    if (is_refused()) return std::unexpected(forked());
    auto lease = readers_.acquire(std::chrono::steady_clock::now() + read_deadline_);
    if (!lease) return std::unexpected(lease.error());
    return read(lease->connection());
  }

  [[nodiscard]] const Doorbell& bell() const { return *bell_; }
  [[nodiscard]] bool is_refused() const { return is_refused_.load(std::memory_order_acquire); }
  [[nodiscard]] bool is_closed() const { return is_closed_.load(std::memory_order_acquire); }

  // For fork.cpp alone: by the forking thread, `prepare_fork` before and one of the others after.
  void prepare_fork();
  void after_fork_in_parent();
  void after_fork_in_child();

  // A call to Penny is under way on this thread: it cannot be left in the middle by a fork.
  class Call {
   public:
    Call() { depth_ += 1; }
    ~Call() { depth_ -= 1; }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    [[nodiscard]] static bool is_under_way() { return depth_ > 0; }

   private:
    static thread_local int depth_;
  };

 private:
  Engine(backend::sqlite::StoreFile file, std::unique_ptr<GatePage> page, std::unique_ptr<Doorbell> bell,
         const OpenOptions& options);
  [[nodiscard]] static Error forked();
  void claim_slot();
  void close_inherited_descriptors() const;

  const backend::sqlite::StoreFile file_;
  const std::chrono::milliseconds read_deadline_;
  std::unique_ptr<GatePage> page_;
  std::unique_ptr<Doorbell> bell_;
  std::optional<std::size_t> slot_;
  ReaderPool readers_;
  Committer committer_;
  std::atomic<bool> is_closed_{false};
  std::atomic<bool> is_refused_{false};  // a child whose parent could not be paused in time
  // Between prepare and after, by the forking thread:
  bool is_locked_ = false;  // the mutexes of committer and readers are held
  bool is_paused_ = false;  // and nothing is open
};

}  // namespace penny::store
