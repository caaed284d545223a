#include "store/committer.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include <fmt/core.h>
#include <sched.h>
#include <penny/limits.hpp>

#include "backend/sqlite/schema.hpp"
#include "backend/sqlite/wal_format.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "base/proof.hpp"
#include "store/anchor_check.hpp"
#include "store/fork.hpp"

namespace penny::store {
namespace {

using backend::Work;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kWarnAfter{1000};
constexpr std::chrono::microseconds kTurnMax{3'000};
constexpr std::chrono::microseconds kComeBackMax{60};
constexpr GroupLimits kGroupLimits;

std::uint32_t frames_in(std::uint64_t log_bytes) {
  constexpr std::uint64_t kFrameBytes = backend::sqlite::kPageSize + backend::sqlite::kWalFrameHeaderBytes;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(log_bytes / kFrameBytes, UINT32_MAX));
}

Error closed() {
  return {.code = ErrorCode::kClosed, .message = "the store is closed", .advice = "open it again", .field = ""};
}

Error overloaded(std::size_t waiting) {
  return {.code = ErrorCode::kOverloaded,
          .message = fmt::format("{} requests of this process wait already", waiting),
          .advice = "try again in a moment, or send fewer at once",
          .field = "queue"};
}

Error deadline_exceeded() {
  return {.code = ErrorCode::kDeadlineExceeded,
          .message = "the deadline passed while the request waited; it is certainly not applied",
          .advice = "try again; `penny doctor` shows who holds the gate",
          .field = ""};
}

}  // namespace

Committer::Committer(const backend::sqlite::StoreFile& file, GatePage& page, Doorbell& bell, const OpenOptions& options)
    : file_(file),
      page_(page),
      bell_(bell),
      queue_requests_max_(options.queue_requests_max),
      user_bytes_max_(options.user_bytes_max),
      log_frames_max_(frames_in(std::max(options.log_bytes_max, limits::kLogBytesLeast))),
      log_(options.log),
      eraser_(file_.paths, page),
      vacuumer_(file_.paths, page),
      ballast_(file_.paths, page),
      copier_(file_, page,
              {.turn_writing_off = [this] { turn_writing_off(); },
               .warn = [this](std::string_view text) { log(LogLevel::kWarning, text); }}) {}

Committer::~Committer() = default;

// The write path, from the caller's side.
Result<BatchOutcome> Committer::commit(const backend::PreparedBatch& batch, base::Instant deadline) {
  Request request(batch, deadline);
  bool has_role = false;
  {
    const base::MutexLock lock(mutex_);
    if (is_closing_) return std::unexpected(closed());
    if (queue_.size() >= queue_requests_max_ && !base::proof::is_planted("queue_without_limit"))
      return std::unexpected(overloaded(queue_.size()));
    has_role = queue_.is_empty() && !is_role_taken_ && !is_forking_;
    if (base::proof::is_planted("acknowledged_before_commit")) has_role = false;
    if (base::proof::is_planted("taken_before_the_gate")) request.set_taken();
    queue_.push(request);
    if (has_role) {
      is_role_taken_ = true;
    } else {
      wake_thread();
    }
  }
  base::proof::reach("committer.enqueued");
  if (has_role) {
    commit_alone(request);
    release_role();
  }
  if (request.wait()) {
    if (base::proof::is_planted("deadline_looked_at_after_the_commit") && Clock::now() >= deadline)
      return std::unexpected(deadline_exceeded());
    return std::move(request.work.outcome);
  }
  {
    const base::MutexLock lock(mutex_);
    const bool is_withdrawn = queue_.withdraw(request);
    if (is_withdrawn && base::proof::is_planted("withdrawn_request_applied"))
      queue_.push(*new Request(*new backend::PreparedBatch(batch), base::Instant::max()));
    if (is_withdrawn) return std::unexpected(deadline_exceeded());
  }
  // It was taken in the last moment: the outcome is on its way.
  while (!request.wait()) {
  }
  return std::move(request.work.outcome);
}

// If not, whoever waits is told why. But if somebody holds one of SQLite's locks (another process recovers the log, say), they
// go on waiting, as long as their deadlines allow.
bool Committer::is_ready() {
  const auto open = ensure_open();
  if (!open && open.error().field != backend::sqlite::kBusy) refuse_waiting(open.error());
  return open.has_value();
}

// The caller whose request is the only one, with the role. If the gate is not free, the thread waits there for it.
void Committer::commit_alone(const Request& own) {
  if (!is_ready()) return;
  if (!gate_->try_enter()) return;
  (void)transaction(&own);
  leave_gate();
}

// The thread, with the role: waits for the gate, and commits what waits in the queue until the turn is over. What a process
// commits right after its own commit is cheap (its cache of pages still holds, nobody has to be woken), so a turn is more
// than one transaction; and it is short, since others wait.
void Committer::commit_in_turn() {
  if (!is_ready()) return;
  if (!enter_gate()) return;
  const base::Instant turn_ends = Clock::now() + kTurnMax;
  std::size_t answered = transaction(nullptr);
  while (answered > 0 && writer_ && gate_->is_waited_for() && wait_for_more(answered, turn_ends)) {
    answered = transaction(nullptr);
  }
  leave_gate();
}

bool Committer::enter_gate() {
  if (gate_->try_enter()) return true;
  const base::Instant since = Clock::now();
  bool has_warned = false;
  if (slot_) page_.set_waiting(*slot_, true);
  const bool is_inside = gate_->enter([&] { return may_go_on_waiting(since, has_warned); });
  if (slot_) page_.set_waiting(*slot_, false);
  return is_inside;
}

// Waits a little for as many requests as were just answered: their callers may come back at once, and what comes together
// shares a sync. False: nothing came, or the turn is over.
bool Committer::wait_for_more(std::size_t count, base::Instant turn_ends) {
  const base::Instant until = std::min(turn_ends, Clock::now() + kComeBackMax);
  for (;;) {
    const base::Instant now = Clock::now();
    if (now >= turn_ends) return false;
    {
      const base::MutexLock lock(mutex_);
      if (is_forking_) return false;
      if (queue_.size() >= count) return true;
      if (now >= until) return !queue_.is_empty();
    }
    sched_yield();
  }
}

void Committer::leave_gate() {
  gate_->leave();
  have_log_copied();
  say_pending();
}

void Committer::say_pending() {
  if (!pending_log_.empty()) log(LogLevel::kWarning, std::exchange(pending_log_, {}));
}

// Inside the gate. Answers the callers of what it took, and says how many that were.
std::size_t Committer::transaction(const Request* own) {
  if (!page_.is_valid_for(file_.store_id)) page_.make_valid_for(file_.store_id);
  if (ballast_.is_to_be_kept()) ballast_.keep();

  std::vector<Request*> taken;
  GroupBudget budget(kGroupLimits);
  const auto begun = writer_->run([&]() -> Work* {
    const base::MutexLock lock(mutex_);
    for (;;) {
      Request* request = queue_.take(budget);
      if (request == nullptr && base::proof::is_planted("acknowledged_before_commit")) {
        finish_all(std::exchange(taken, {}), nullptr);
      }
      if (request == nullptr) return nullptr;
      taken.push_back(request);
      if (!is_refused_for_space(*request) && !is_refused_for_log(*request)) return &request->work;
    }
  });
  bool has_committed = anchor_committed();
  if (begun && try_again_with_space(taken)) has_committed = true;
  if (const auto& off = writer_->writing_is_off()) turn_writing_off(*off);

  // A connection that cannot begin (opened read-only for want of a descriptor, say) or cannot end its transaction would stay
  // like that, and keep SQLite's lock outside the gate: the next request opens another.
  const bool is_busy = !begun && begun.error().field == backend::sqlite::kBusy;
  if ((!begun && !is_busy) || writer_->connection().is_in_transaction()) writer_.reset();

  base::proof::reach("committer.before_acknowledging");
  finish_all(taken, own);
  base::proof::reach("committer.acknowledged");
  if (has_committed) bell_.ring();
  base::proof::reach("committer.rung");
  if (has_committed) shorten_log();
  // Nothing can be written; whoever waits should know why, rather than wait for nothing.
  if (!begun && (!is_busy || base::proof::is_planted("busy_told_to_the_caller"))) refuse_waiting(begun.error());
  return taken.size();
}

// Whether the last run committed something.
bool Committer::anchor_committed() {
  const auto& tail = writer_->committed_tail();
  if (tail) page_.write_anchor({.seq = tail->seq, .digest = tail->digest});
  base::proof::reach("committer.anchored");
  return tail.has_value();
}

void Committer::refuse_waiting(const Error& error) {
  std::vector<Request*> waiting;
  {
    const base::MutexLock lock(mutex_);
    waiting = queue_.take_all();
  }
  for (Request* request : waiting) {
    request->work.outcome = std::unexpected(error);
    if (error.code == ErrorCode::kClosed && base::proof::is_planted("queue_dropped_at_close_acknowledged"))
      request->work.outcome = BatchOutcome{.outcomes = std::vector<Outcome>(request->work.batch->operations.size())};
  }
  finish_all(waiting, nullptr);
}

bool Committer::may_go_on_waiting(base::Instant since, bool& has_warned) {
  if (!has_warned && Clock::now() - since > kWarnAfter) {
    has_warned = true;
    if (const auto holder = page_.holder()) {
      const auto process = base::process_stat(holder->pid);
      log(LogLevel::kWarning,
          fmt::format("waiting for the gate for 1 s; it is held by process {} ({}, state {})", holder->pid,
                      process ? process->command : "gone", process ? process->state : "-"));
    }
  }
  const base::MutexLock lock(mutex_);
  return !queue_.is_empty() && !is_forking_;
}

void Committer::turn_writing_off(const Error& error) {
  writing_is_off_ = error;
  turn_writing_off();
}

Result<void> Committer::ensure_open() {
  if (is_writing_off() && !writing_is_off_) {
    writing_is_off_ = backend::sqlite::writing_off(
        {.code = ErrorCode::kStorageFailed, .message = "a sync of its log failed", .advice = {}, .field = {}});
    writer_.reset();
  }
  if (writing_is_off_) return std::unexpected(*writing_is_off_);
  if (gate_ && !gate_->is_current()) gate_.reset();
  if (!gate_) {
    auto gate = Gate::open(file_.paths, page_);
    if (!gate) return std::unexpected(gate.error());
    gate_ = std::move(*gate);
  }
  if (!writer_) {
    if (auto same = file_.check_same_database(); !same) return same;
    const auto anchor = page_.is_valid_for(file_.store_id) ? page_.anchor() : std::nullopt;
    auto writer = backend::sqlite::Writer::open(file_, user_bytes_max_);
    if (!writer) {
      if (writer.error().field != backend::sqlite::kLogSyncFailed) return std::unexpected(writer.error());
      turn_writing_off(backend::sqlite::writing_off(writer.error()));
      return std::unexpected(*writing_is_off_);
    }
    // Nothing was open until now, so the files may have been exchanged for older ones.
    if (auto agrees = check_anchor(anchor, page_, (*writer)->connection()); !agrees) return agrees;
    writer_ = std::move(*writer);
  }
  return {};
}

void Committer::close_resources() {
  eraser_.let_go();
  vacuumer_.let_go();
  writer_.reset();
  gate_.reset();
}

void Committer::release_role() {
  const base::MutexLock lock(mutex_);
  if (is_forking_) close_resources();
  is_role_taken_ = false;
  if (!queue_.is_empty() || is_erasing_ || is_vacuuming_) wake_thread();
  role_is_free_.notify_all();
}

void Committer::wake_thread() {
  if (!thread_) thread_ = std::make_unique<std::thread>([this] { run_thread(); });
  if (!is_role_taken_) thread_wakes_.notify_one();
}

void Committer::close(base::Instant deadline) {
  std::unique_ptr<std::thread> thread;
  {
    const base::MutexLock lock(mutex_);
    if (is_closing_) return;
    is_closing_ = true;
    if (base::proof::is_planted("close_refuses_at_once")) deadline = Clock::now();
    while (!queue_.is_empty() && role_is_free_.wait_until(mutex_, deadline)) {
    }
  }
  refuse_waiting(closed());
  {
    const base::MutexLock lock(mutex_);
    is_thread_to_end_ = true;
    thread_wakes_.notify_all();
    while (is_role_taken_) role_is_free_.wait(mutex_);
    thread = std::move(thread_);
  }
  if (thread) thread->join();
  copier_.close();
  close_resources();
}

bool Committer::pause_for_fork(base::Instant deadline) {
  mutex_.lock_for_fork();
  is_forking_ = true;
  while (is_role_taken_ && role_is_free_.wait_until(mutex_, deadline)) {
  }
  const bool is_copier_paused = copier_.pause_for_fork(deadline);
  if (is_role_taken_) return false;
  close_resources();
  return is_copier_paused;
}

void Committer::resume_in_parent() {
  copier_.resume_in_parent();
  is_forking_ = false;
  if (!queue_.is_empty() || is_erasing_ || is_vacuuming_) thread_wakes_.notify_one();
  mutex_.unlock_after_fork();
}

void Committer::resume_in_child() {
  copier_.resume_in_child();
  is_forking_ = false;
  is_role_taken_ = false;
  (void)queue_.take_all();
  is_erasing_ = false;  // the parent goes on with it
  eraser_.stop();
  is_vacuuming_ = false;
  vacuumer_.forget();
  // The thread does not exist here, so it can be neither joined nor detached; and a condition variable still counts the
  // waiters of the parent.
  (void)thread_.release();
  new (&thread_wakes_) base::CondVar();
  new (&role_is_free_) base::CondVar();
  mutex_.unlock_after_fork();
}

void Committer::log(LogLevel level, std::string_view text) const {
  if (!log_) return;
  const Call call;
  log_(level, text);
}

}  // namespace penny::store
