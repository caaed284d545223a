#pragma once

// The write path of one open store: requests queue up, one thread at a time is the committer, and whoever is the
// committer takes as many requests as fit, inside the gate, into one transaction.
//
// 1. Committer is a role, not a thread: a caller that finds queue, role and gate free does one transaction; in every other
//    case the committer thread has a turn at the gate, which is several transactions if its callers bring more at once.
//    Whoever has the role alone uses gate and writer.
// 2. Requests are taken from the queue only inside the gate and after BEGIN: until then each can be withdrawn by its
//    caller's deadline, and is then certainly not applied.
// 3. A caller is answered only after COMMIT.
// 4. The gate and the connection are opened when they are needed, by whoever has the role, and closed for a fork:
//    between `pause_for_fork` and `resume` there is neither.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <penny/error.hpp>
#include <penny/log.hpp>
#include <penny/outcome.hpp>
#include <penny/store.hpp>

#include "backend/sqlite/store_file.hpp"
#include "backend/sqlite/writer.hpp"
#include "base/clock.hpp"
#include "base/sync.hpp"
#include "store/ballast.hpp"
#include "store/doorbell.hpp"
#include "store/eraser.hpp"
#include "store/gate.hpp"
#include "store/gate_page.hpp"
#include "store/log_copier.hpp"
#include "store/request_queue.hpp"
#include "store/sole_lock.hpp"
#include "store/vacuumer.hpp"

namespace penny::store {

// Of the erases that this process works on.
struct EraseState {
  bool is_at_work = false;  // false: all is done, or it is another process's turn to go on
  EraseProgress progress;
  std::optional<Error> trouble;  // why the last step failed; it is tried again
};

// Of the space that this process gives back.
struct VacuumState {
  bool is_at_work = false;
  VacuumProgress progress;
  std::uint64_t pages = 0;  // given back since it was started
  std::uint64_t rounds = 0;
  std::optional<Error> trouble;  // why the last step failed; while it is at work it is tried again
};

class Committer {
 public:
  // `page` and `bell` outlive it.
  Committer(const backend::sqlite::StoreFile& file, GatePage& page, Doorbell& bell, const OpenOptions& options);
  ~Committer();  // `close` was called
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // Any thread. Blocks until the batch is stored or refused; see `Store::commit`.
  [[nodiscard]] Result<BatchOutcome> commit(const backend::PreparedBatch& batch, base::Instant deadline);

  // Refuses new requests, waits for those that wait until the deadline, refuses the rest. Once.
  void close(base::Instant deadline);

  // Any thread. The committer thread looks for erases that are unfinished, and takes their steps between the commits.
  void start_erasing();
  [[nodiscard]] EraseState erase_state();
  // Before there are other threads; see `IsErasedBeside`.
  void set_erased_beside(IsErasedBeside is_erased) { eraser_.set_beside(std::move(is_erased)); }

  // Any thread. The committer thread gives free space back, between the commits, until that is done or it is stopped.
  void start_vacuum();
  void stop_vacuum();
  [[nodiscard]] VacuumState vacuum_state();

  // Around a fork, in this order, by the forking thread. `pause_for_fork` ends a wait for the gate, waits for a running
  // commit and closes gate and connection; false: not in time. It returns with `mutex_` held either way, so that the
  // child gets it whole; `resume_in_parent` or `resume_in_child` lets it go.
  [[nodiscard]] bool pause_for_fork(base::Instant deadline) NO_THREAD_SAFETY_ANALYSIS;
  void resume_in_parent() NO_THREAD_SAFETY_ANALYSIS;
  // Other threads do not exist there: their requests are dropped, and the committer thread begins anew when needed.
  void resume_in_child() NO_THREAD_SAFETY_ANALYSIS;

  // Any thread: whether this store writes no more, and so syncs its log no more. It is also turned off when a connection that
  // only reads could not sync the log as it was opened.
  [[nodiscard]] bool is_writing_off() const { return is_writing_off_.load(std::memory_order_relaxed); }
  void turn_writing_off() { is_writing_off_.store(true, std::memory_order_relaxed); }

  // Ours in the page, if we have one.
  void set_slot(std::optional<std::size_t> slot) { slot_ = slot; }

 private:
  void run_thread();
  void wake_thread() REQUIRES(mutex_);
  // By whoever has the role.
  void commit_alone(const Request& own);
  void commit_in_turn();
  [[nodiscard]] bool is_ready();
  Result<void> ensure_open();
  void turn_writing_off(const Error& error);
  [[nodiscard]] bool enter_gate();
  void leave_gate();
  void say_pending();
  [[nodiscard]] std::size_t transaction(const Request* own);
  bool anchor_committed();
  [[nodiscard]] bool wait_for_more(std::size_t count, base::Instant turn_ends);
  void refuse_waiting(const Error& error);
  [[nodiscard]] bool may_go_on_waiting(base::Instant since, bool& has_warned);
  void close_resources();
  // committer_thread.cpp
  [[nodiscard]] bool may_thread_work() const REQUIRES(mutex_);
  [[nodiscard]] bool is_erase_due() const REQUIRES(mutex_);
  void wait_for_work() REQUIRES(mutex_);
  void erase_in_turn();
  [[nodiscard]] std::chrono::milliseconds take_step(SteppedWork& work);
  [[nodiscard]] bool enter_gate_for_step();
  // committer_log.cpp
  [[nodiscard]] std::uint32_t copied_frames() const;
  [[nodiscard]] std::uint32_t backlog() const;
  [[nodiscard]] bool is_copy_wanted() const;
  [[nodiscard]] bool is_long_checkpoint() const;
  [[nodiscard]] std::uint32_t log_frames() const;
  void shorten_log();
  void have_log_copied();
  void copy_log();
  void begin_log_anew();
  void log_copied(const Result<backend::sqlite::Connection::Checkpoint>& done);
  [[nodiscard]] Result<bool> empty_log();
  // committer_space.cpp
  [[nodiscard]] bool is_refused_for_space(Request& request) const;
  [[nodiscard]] bool is_log_full() const;
  [[nodiscard]] bool is_refused_for_log(Request& request) const;
  [[nodiscard]] bool try_again_with_space(const std::vector<Request*>& taken);
  [[nodiscard]] bool make_space();
  [[nodiscard]] bool make_space_for(const SteppedWork& work);
  // committer_vacuum.cpp
  [[nodiscard]] bool is_vacuum_due() const REQUIRES(mutex_);
  [[nodiscard]] base::Instant next_step_at() const REQUIRES(mutex_);
  void vacuum_in_turn();
  void release_role();
  void log(LogLevel level, std::string_view text) const;

  const backend::sqlite::StoreFile file_;
  GatePage& page_;
  Doorbell& bell_;
  const std::size_t queue_requests_max_;
  const std::optional<std::uint64_t> user_bytes_max_;
  const std::uint32_t log_frames_max_;
  const LogCallback log_;
  std::optional<std::size_t> slot_;

  // Used by whoever has the role, alone.
  std::unique_ptr<Gate> gate_;
  std::unique_ptr<backend::sqlite::Writer> writer_;
  std::optional<Error> writing_is_off_;      // for good: see writer.hpp, 3
  std::atomic<bool> is_writing_off_{false};  // the same, for any thread to look at; nothing else depends on its order
  std::uint32_t frames_at_last_checkpoint_ = 0;
  base::Instant last_checkpoint_;
  std::string pending_log_;  // said once the gate is left
  Eraser eraser_;
  Vacuumer vacuumer_;
  Ballast ballast_;

  LogCopier copier_;  // any thread

  base::Mutex mutex_{base::Rank::kQueue};
  base::CondVar thread_wakes_;  // something waits and the role is free, or the thread is to end
  base::CondVar role_is_free_;
  RequestQueue queue_ GUARDED_BY(mutex_);
  bool is_role_taken_ GUARDED_BY(mutex_) = false;
  bool is_forking_ GUARDED_BY(mutex_) = false;
  bool is_closing_ GUARDED_BY(mutex_) = false;
  bool is_thread_to_end_ GUARDED_BY(mutex_) = false;
  bool is_erasing_ GUARDED_BY(mutex_) = false;  // there may be steps of an erase to take, from `erase_again_at_` on
  bool is_erase_asked_for_ GUARDED_BY(mutex_) = false;
  base::Instant erase_again_at_ GUARDED_BY(mutex_);
  EraseState erase_state_ GUARDED_BY(mutex_);
  bool is_vacuuming_ GUARDED_BY(mutex_) = false;  // there may be steps to take, from `vacuum_again_at_` on
  bool is_vacuum_asked_for_ GUARDED_BY(mutex_) = false;
  bool is_vacuum_withdrawn_ GUARDED_BY(mutex_) = false;
  base::Instant vacuum_again_at_ GUARDED_BY(mutex_);
  VacuumState vacuum_state_ GUARDED_BY(mutex_);
  std::unique_ptr<std::thread> thread_ GUARDED_BY(mutex_);
};

}  // namespace penny::store
