#pragma once

// One open store: its files, its committer, its readers, and what a fork does to them.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/store.hpp>

#include "backend/prepared.hpp"
#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/store_file.hpp"
#include "base/clock.hpp"
#include "base/sync.hpp"
#include "store/committer.hpp"
#include "store/doorbell.hpp"
#include "store/fork.hpp"
#include "store/gate_page.hpp"
#include "store/reader_pool.hpp"
#include "store/searching.hpp"

namespace penny::store {

class Engine {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Engine>> open(const std::string& path, const OpenOptions& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Any thread; see `Store`.
  [[nodiscard]] Result<BatchOutcome> commit(Batch batch, std::chrono::milliseconds deadline);
  // Several batches of one user as one request: all or nothing, but each with a place of its own. At least one.
  [[nodiscard]] Result<BatchOutcome> commit_together(std::vector<Batch> batches, std::chrono::milliseconds deadline);
  [[nodiscard]] Result<Erased> erase(std::string_view user, const EraseOptions& options);
  [[nodiscard]] Result<Diagnosis> diagnose();
  [[nodiscard]] Result<VerifyReport> verify(const VerifyOptions& options);
  [[nodiscard]] Result<Vacuumed> vacuum(const VacuumOptions& options);
  [[nodiscard]] Result<CopyReport> backup(const std::string& to, const ProgressCallback& progress);
  void close(std::chrono::milliseconds deadline);
  [[nodiscard]] Result<SearchPage> search(std::string_view user, const SearchQuery& query,
                                          const std::vector<model::SearchTerm>& terms);
  [[nodiscard]] Result<bool> wait_for_search_index(std::chrono::milliseconds deadline,
                                                   const std::function<void(std::uint64_t, std::uint64_t)>& progress);
  void add_file_sizes(StoreStatistics& statistics) const;

  // Runs `read(connection)`, which returns a `Result`, on a connection of its own; again, if a fork interrupted it or another process was
  // recovering the log.
  template <class Read>
  [[nodiscard]] auto read(Read&& read) -> decltype(read(std::declval<backend::sqlite::Connection&>())) {
    const Call call;
    if (is_refused()) return std::unexpected(forked());
    const base::Instant deadline = std::chrono::steady_clock::now() + read_deadline_;
    for (;;) {
      auto lease = readers_.acquire(deadline, log_sync());
      if (!lease && lease.error().field == backend::sqlite::kLogSyncFailed && !committer_.is_writing_off()) {
        // Reading goes on, without another sync.
        committer_.turn_writing_off();
        continue;
      }
      const bool is_busy = !lease && lease.error().field == backend::sqlite::kBusy;
      if (is_busy && std::chrono::steady_clock::now() < deadline) continue;
      if (!lease) return std::unexpected(explained(lease.error()));
      auto answer = read(lease->connection());
      if (!lease->is_undisturbed()) {
        if (std::chrono::steady_clock::now() < deadline) continue;
        return std::unexpected(disturbed());
      }
      const bool is_interrupted = !answer && answer.error().code == ErrorCode::kSnapshotExpired;
      const bool meets_recovery = !answer && answer.error().field == backend::sqlite::kBusy;
      if ((is_interrupted || meets_recovery) && std::chrono::steady_clock::now() < deadline) continue;
      if (!answer) return std::unexpected(explained(answer.error()));
      return answer;
    }
  }

  [[nodiscard]] const Doorbell& bell() const { return *bell_; }
  [[nodiscard]] const std::string& store_id() const { return file_.store_id; }
  [[nodiscard]] static bool is_refused() { return is_process_refused(); }
  [[nodiscard]] bool is_closed() const { return is_closed_.load(std::memory_order_acquire); }

  // For fork.cpp alone: by the forking thread, `prepare_fork` before and one of the others after. False: something may
  // be open, so the child must be refused.
  [[nodiscard]] bool prepare_fork();
  void after_fork_in_parent();
  void resume_in_child();
  // Only close(2): an unlock or SQLite's own close would take the parent's locks away.
  void close_inherited_descriptors() const;

 private:
  Engine(backend::sqlite::StoreFile file, std::unique_ptr<GatePage> page, std::unique_ptr<Doorbell> bell,
         const OpenOptions& options);
  [[nodiscard]] static Result<std::unique_ptr<Engine>> open_to_read(const std::string& path,
                                                                    const OpenOptions& options);
  [[nodiscard]] static Error forked();
  // A store that is read only: it was written meanwhile, and what a refusal of a read comes from.
  [[nodiscard]] Result<void> check_writable() const;
  [[nodiscard]] static Error disturbed();
  [[nodiscard]] Error explained(Error error) const;
  // Of connections that are opened now.
  [[nodiscard]] backend::sqlite::LogSync log_sync() const {
    return committer_.is_writing_off() ? backend::sqlite::LogSync::kNever : backend::sqlite::LogSync::kAtOpen;
  }
  void claim_slot();
  // erasing.cpp
  void resume_erasing();
  [[nodiscard]] Result<std::uint64_t> bury(std::string_view user, base::Instant deadline);
  Result<void> await_removal(std::string_view user, const EraseOptions& options, base::Instant deadline);
  // vacuuming.cpp
  Result<void> await_given_back(const VacuumOptions& options, base::Instant deadline, Vacuumed& report);
  Result<void> await_search_index(const VacuumOptions& options, base::Instant deadline, Vacuumed& report);
  // deep_verify.cpp
  [[nodiscard]] Result<DeepReport> verify_deep(backend::sqlite::Connection& connection, const VerifyOptions& options);
  [[nodiscard]] Result<SearchIndexReport> verify_search_index(const VerifyOptions& options);
  [[nodiscard]] Result<SearchIndexState> compare_search_index(backend::sqlite::Connection& index,
                                                              const VerifyOptions& options, SearchIndexReport& report);

  const backend::sqlite::StoreFile file_;
  const std::chrono::milliseconds read_deadline_;
  const bool is_read_only_;
  std::unique_ptr<GatePage> page_;
  std::unique_ptr<Doorbell> bell_;
  std::optional<std::size_t> slot_;
  ReaderPool readers_;
  Committer committer_;
  Searching searching_;
  std::atomic<bool> is_closed_{false};  // or on its way
  std::atomic<bool> is_all_closed_{false};
  std::atomic<int> copies_under_way_{0};  // they have connections of their own: no child may go on
  std::atomic<bool> is_vacuuming_{false};
  bool is_locked_ = false;  // between prepare and after, by the forking thread: committer and readers are
};

}  // namespace penny::store
