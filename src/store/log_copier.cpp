#include "store/log_copier.hpp"

#include <chrono>
#include <new>
#include <utility>

#include "backend/sqlite/paced_writes.hpp"
#include "base/proof.hpp"
#include "store/fork.hpp"

namespace penny::store {
namespace {

using backend::sqlite::Connection;
using backend::sqlite::ConnectionRole;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// A copy that is begun sooner after the last one, or with more to do, would fall behind if it took its time.
constexpr milliseconds kSeldom{150};
constexpr std::uint32_t kPacedFramesMax = 2'500;
// What comes while the first pass writes is copied by the next, so that little is left for whoever begins the log anew. At full speed
// the same pages come again and again, and less is written if they are left to the next copy.
constexpr std::uint32_t kFewFrames = 500;
constexpr std::uint32_t kFewFramesPaced = 100;
constexpr int kPassesMax = 3;

}  // namespace

LogCopier::LogCopier(const backend::sqlite::StoreFile& file, GatePage& page, Callbacks callbacks)
    : file_(file), page_(page), callbacks_(std::move(callbacks)) {}

LogCopier::~LogCopier() = default;

void LogCopier::copy(SoleLock lock, std::uint32_t frames) {
  const base::MutexLock held(mutex_);
  if (is_to_end_ || is_forking_) return;
  lock_ = std::move(lock);
  frames_ = frames;
  if (!thread_) thread_ = std::make_unique<std::thread>([this] { run(); });
  changed_.notify_all();
}

void LogCopier::run() {
  for (;;) {
    std::uint32_t frames = 0;
    {
      const base::MutexLock held(mutex_);
      while (!lock_ && !is_to_end_) changed_.wait(mutex_);
      if (!lock_) return;
      frames = frames_;
    }
    copy_log(frames);
    const base::MutexLock held(mutex_);
    lock_.reset();
    changed_.notify_all();
  }
}

void LogCopier::copy_log(std::uint32_t frames) {
  const Call call;
  if (auto copied = copy_in_passes(frames); !copied)
    callbacks_.warn("the write-ahead log could not be copied: " + copied.error().message);
}

Result<void> LogCopier::copy_in_passes(std::uint32_t frames) {
  if (auto same = file_.check_same_database(); !same) return same;
  // Every commit was synced by who made it, and the copy syncs the log once more before it writes.
  auto connection = Connection::open(file_.paths.database, ConnectionRole::kWriter, backend::sqlite::LogSync::kNever);
  if (!connection) return std::unexpected(connection.error());
  std::optional<backend::sqlite::PacedWrites> paced;
  const base::Instant begun = Clock::now();
  if (frames <= kPacedFramesMax && page_.copy_begun() <= begun - kSeldom) paced.emplace(is_to_hurry_);
  page_.set_copy_begun(begun);
  page_.set_copy_urgent(false);
  const std::uint32_t few = paced ? kFewFramesPaced : kFewFrames;
  std::uint32_t copied_before = page_.copied_frames();
  for (int pass = 0; pass < kPassesMax; ++pass) {
    const auto copied = copy_once(**connection);
    if (!copied) return std::unexpected(copied.error());
    const bool is_begun_anew = copied->copied_frames < copied_before;
    if (is_begun_anew || copied->copied_frames - copied_before <= few || is_to_hurry_()) break;
    copied_before = copied->copied_frames;
  }
  return {};
}

Result<Connection::Checkpoint> LogCopier::copy_once(Connection& connection) {
  base::proof::reach("checkpoint.begun");
  connection.forget_failure();
  auto copied = connection.checkpoint_passive();
  if (!copied && connection.has_sync_failed()) callbacks_.turn_writing_off();
  if (!copied) return copied;
  base::proof::reach("checkpoint.copied");
  if (copied->wal_frames > 0) page_.set_copied_frames(copied->copied_frames);
  (void)page_.sync_anchor();
  return copied;
}

void LogCopier::finish() {
  const base::MutexLock held(mutex_);
  is_hurried_ = true;
  while (lock_) changed_.wait(mutex_);
  is_hurried_ = is_to_end_ || is_forking_;
}

void LogCopier::close() {
  std::unique_ptr<std::thread> thread;
  {
    const base::MutexLock held(mutex_);
    is_to_end_ = true;
    is_hurried_ = true;
    changed_.notify_all();
    thread = std::move(thread_);
  }
  if (thread) thread->join();
}

bool LogCopier::pause_for_fork(base::Instant deadline) {
  mutex_.lock_for_fork();
  is_forking_ = true;
  is_hurried_ = true;
  while (lock_ && changed_.wait_until(mutex_, deadline)) {
  }
  return !lock_;
}

void LogCopier::resume_in_parent() {
  is_forking_ = false;
  is_hurried_ = false;
  mutex_.unlock_after_fork();
}

void LogCopier::resume_in_child() {
  is_forking_ = false;
  is_hurried_ = false;
  lock_.reset();
  // The thread does not exist here, so it can be neither joined nor detached; and a condition variable still counts the waiters of
  // the parent.
  (void)thread_.release();
  new (&changed_) base::CondVar();
  mutex_.unlock_after_fork();
}

}  // namespace penny::store
