#include "store/committer.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "store/anchor_check.hpp"
#include "store/fork.hpp"

namespace penny::store {
namespace {

using backend::Work;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kCheckpointFrames = 1000;        // 4 MB: some 8 ms
constexpr std::uint32_t kLongCheckpointFrames = 16'384;  // 64 MB
// A log of this size (16 MB) is begun anew. Overlapping readers would keep it from that for ever, so new ones are held, and
// running ones awaited; if one stays, the next try of any process is as many frames later.
constexpr std::uint32_t kLongLogFrames = 4096;
constexpr milliseconds kReadersHeldMax{300};
constexpr milliseconds kReadersAwaitedMax{250};
constexpr milliseconds kWarnAfter{1000};
constexpr GroupLimits kGroupLimits;

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

Committer::Committer(const backend::sqlite::StoreFile& file, GatePage& page, Doorbell& bell,
                     std::size_t queue_requests_max, LogCallback log)
    : file_(file), page_(page), bell_(bell), queue_requests_max_(queue_requests_max), log_(std::move(log)) {}

Committer::~Committer() = default;

// The write path, from the caller's side.
Result<BatchOutcome> Committer::commit(const backend::PreparedBatch& batch, base::Instant deadline) {
  Request request(batch, deadline);
  bool has_role = false;
  {
    const base::MutexLock lock(mutex_);
    if (is_closing_) return std::unexpected(closed());
    if (queue_.size() >= queue_requests_max_) return std::unexpected(overloaded(queue_.size()));
    has_role = queue_.is_empty() && !is_role_taken_ && !is_forking_;
    queue_.push(request);
    if (has_role) {
      is_role_taken_ = true;
    } else {
      wake_thread();
    }
  }
  if (has_role) {
    commit_waiting(&request, deadline);
    release_role();
  }
  if (request.wait()) return std::move(request.work.outcome);
  {
    const base::MutexLock lock(mutex_);
    if (queue_.withdraw(request)) return std::unexpected(deadline_exceeded());
  }
  // It was taken in the last moment: the outcome is on its way.
  while (!request.wait()) {
  }
  return std::move(request.work.outcome);
}

void Committer::run_thread() {
  for (;;) {
    {
      const base::MutexLock lock(mutex_);
      while (!is_thread_to_end_ && (queue_.is_empty() || is_role_taken_ || is_forking_)) thread_wakes_.wait(mutex_);
      if (is_thread_to_end_) return;
      is_role_taken_ = true;
    }
    commit_waiting(nullptr, base::Instant::max());
    release_role();
  }
}

// By whoever has the role: waits for the gate and commits what waits in the queue. `own`: the request of the caller that does
// it, who need not be woken, and who waits no longer than its deadline.
void Committer::commit_waiting(const Request* own, base::Instant deadline) {
  if (auto open = ensure_open(); !open) {
    refuse_waiting(open.error());
    return;
  }
  if (!gate_->try_enter()) {
    const base::Instant since = Clock::now();
    bool has_warned = false;
    if (slot_) page_.set_waiting(*slot_, true);
    const bool is_inside =
        gate_->enter([&] { return Clock::now() < deadline && may_go_on_waiting(since, has_warned); });
    if (slot_) page_.set_waiting(*slot_, false);
    if (!is_inside) return;
  }
  transaction(own);
  if (!writing_is_off_ && is_long_checkpoint() && is_checkpoint_due_now()) {
    if (const auto lock = CheckpointLock::try_take(file_.paths)) checkpoint();
  }
  if (!pending_log_.empty()) log(LogLevel::kWarning, std::exchange(pending_log_, {}));
}

// Begins inside the gate, and leaves it as soon as the next one may come in.
void Committer::transaction(const Request* own) {
  if (!page_.is_valid_for(file_.store_id)) page_.make_valid_for(file_.store_id);

  std::vector<Request*> taken;
  GroupBudget budget(kGroupLimits);
  const auto begun = writer_->run([&]() -> Work* {
    const base::MutexLock lock(mutex_);
    Request* request = queue_.take(budget);
    if (request == nullptr) return nullptr;
    taken.push_back(request);
    return &request->work;
  });
  if (const auto& tail = writer_->committed_tail()) page_.write_anchor({.seq = tail->seq, .digest = tail->digest});
  const bool has_committed = writer_->committed_tail().has_value();
  writing_is_off_ = writer_->writing_is_off();

  // A checkpoint needs the gate and takes a while, so callers need not wait for it; else the next one inside comes first.
  const bool is_checkpoint_due = has_committed && !is_long_checkpoint() && is_checkpoint_due_now();
  if (!is_checkpoint_due) gate_->leave();
  for (Request* request : taken) request->finish(request != own);
  if (has_committed) bell_.ring();
  if (is_checkpoint_due) {
    checkpoint();
    gate_->leave();
  }
  // Nothing can be written; whoever waits should know why, rather than wait for nothing.
  if (!begun && begun.error().field != "busy") refuse_waiting(begun.error());
}

// Enough has come together since the last try.
bool Committer::is_checkpoint_due_now() const {
  const std::uint32_t frames = writer_->connection().wal_frames();
  const std::uint32_t tried = frames_at_last_checkpoint_ <= frames ? frames_at_last_checkpoint_ : 0;
  return frames - std::max(copied_frames(), tried) >= kCheckpointFrames;
}

// A short backlog is copied inside the gate, so that writers cannot outrun it; one that a stopped reader let grow takes too
// long for that.
bool Committer::is_long_checkpoint() const {
  return writer_->connection().wal_frames() - copied_frames() > kLongCheckpointFrames;
}

// More copied than there is: the log began anew.
std::uint32_t Committer::copied_frames() const {
  return page_.copied_frames() <= writer_->connection().wal_frames() ? page_.copied_frames() : 0;
}

void Committer::checkpoint() {
  const std::uint32_t frames = writer_->connection().wal_frames();
  frames_at_last_checkpoint_ = frames;
  const std::uint32_t tried = page_.reset_tried_at() <= frames ? page_.reset_tried_at() : 0;
  const bool is_to_be_reset = frames - tried >= kLongLogFrames && !is_long_checkpoint();
  if (is_to_be_reset) page_.hold_readers(kReadersHeldMax);
  const auto done = is_to_be_reset ? writer_->connection().checkpoint_restart(kReadersAwaitedMax)
                                   : writer_->connection().checkpoint_passive();
  if (is_to_be_reset) {
    page_.let_readers_go();
    page_.set_reset_tried_at(done && done->is_restarted ? 0 : frames);
  }
  if (!done) {
    pending_log_ = "the write-ahead log could not be copied: " + done.error().message;
    return;
  }
  page_.set_copied_frames(done->copied_frames);
  page_.sync_anchor();
}

void Committer::refuse_waiting(const Error& error) {
  std::deque<Request*> waiting;
  {
    const base::MutexLock lock(mutex_);
    waiting = queue_.take_all();
  }
  for (Request* request : waiting) {
    request->work.outcome = std::unexpected(error);
    request->finish(true);
  }
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

Result<void> Committer::ensure_open() {
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
    auto writer = backend::sqlite::Writer::open(file_);
    if (!writer) return std::unexpected(writer.error());
    // Nothing was open until now, so the files may have been exchanged for older ones.
    if (auto agrees = check_anchor(anchor, (*writer)->connection()); !agrees) return agrees;
    writer_ = std::move(*writer);
  }
  return {};
}

void Committer::close_resources() {
  writer_.reset();
  gate_.reset();
}

void Committer::release_role() {
  const base::MutexLock lock(mutex_);
  if (is_forking_) close_resources();
  is_role_taken_ = false;
  if (!queue_.is_empty()) wake_thread();
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
  close_resources();
}

bool Committer::pause_for_fork(base::Instant deadline) {
  mutex_.lock_for_fork();
  is_forking_ = true;
  while (is_role_taken_ && role_is_free_.wait_until(mutex_, deadline)) {
  }
  if (is_role_taken_) return false;
  close_resources();
  return true;
}

void Committer::resume_in_parent() {
  is_forking_ = false;
  if (!queue_.is_empty()) thread_wakes_.notify_one();
  mutex_.unlock_after_fork();
}

void Committer::resume_in_child() {
  is_forking_ = false;
  is_role_taken_ = false;
  (void)queue_.take_all();
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
