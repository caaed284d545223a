// The write-ahead log, from the committer's side: when it is copied into the database (a checkpoint), and when it is begun anew.
//
// 1. What was committed is copied outside the gate, by a thread of one process at a time (log_copier.hpp): all go on committing
//    meanwhile.
// 2. Frames that came meanwhile keep SQLite from beginning the log anew. When the log is long, whoever is inside the gate and finds
//    few frames left copies these few and begins it anew there: nobody can add any, and new readers are held for that long.
// 3. If those who copy do not keep up, they are asked to hurry, then awaited, and all that is left is copied there.

#include "store/committer.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::store {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kCheckpointFrames = 2000;        // 8 MB: some 6 ms, since many of them are of the same pages
constexpr std::uint32_t kLongCheckpointFrames = 16'384;  // 64 MB
// A log of this size (16 MB) is begun anew. Overlapping readers would keep it from that for ever, so new ones are held, and
// running ones awaited; if one stays, the next try of any process is as many frames later.
constexpr std::uint32_t kLongLogFrames = 4000;
constexpr std::uint32_t kFewFrames = 500;
constexpr std::uint32_t kUrgentLogFrames = 4500;
constexpr std::uint32_t kTooLongLogFrames = 5000;  // 20 MB
// Whoever copies in another process hurries, and is looked for after each commit until the log has 32 MB. Then it may be stopped: a commit
// waits for it that long, once in as many frames.
constexpr std::uint32_t kMuchTooLongLogFrames = 8000;
constexpr milliseconds kCopierAwaitedMax{20};
constexpr std::chrono::microseconds kCopierLookedAtEvery{500};
constexpr milliseconds kReadersHeldMax{300};
constexpr milliseconds kReadersAwaitedMax{250};
// Readers were awaited before the gate was entered; this is for one that had just begun.
constexpr milliseconds kLastReadersAwaitedMax{10};
constexpr milliseconds kFullLogCopiedEvery{1000};

}  // namespace

// More copied than there is: the log began anew.
std::uint32_t Committer::copied_frames() const {
  return page_.copied_frames() <= writer_->connection().wal_frames() ? page_.copied_frames() : 0;
}

std::uint32_t Committer::backlog() const { return writer_->connection().wal_frames() - copied_frames(); }

// Enough has come together since the last try.
bool Committer::is_copy_wanted() const {
  if (base::proof::is_planted("log_never_copied")) return false;
  const std::uint32_t frames = writer_->connection().wal_frames();
  const std::uint32_t tried = frames_at_last_checkpoint_ <= frames ? frames_at_last_checkpoint_ : 0;
  return frames - std::max(copied_frames(), tried) >= kCheckpointFrames;
}

// It takes too long to be copied inside the gate; a stopped reader let it grow.
bool Committer::is_long_checkpoint() const { return backlog() > kLongCheckpointFrames; }

// Since it was begun, or since somebody tried to begin it anew.
std::uint32_t Committer::log_frames() const {
  if (base::proof::is_planted("log_never_copied")) return 0;
  const std::uint32_t frames = writer_->connection().wal_frames();
  return page_.reset_tried_at() <= frames ? frames - page_.reset_tried_at() : frames;
}

// Inside the gate.
void Committer::shorten_log() {
  if (!writer_ || writing_is_off_ || is_long_checkpoint()) return;
  // A small one grows when there is space.
  if (is_copy_wanted() && page_.ballast() != BallastState::kSpent) ballast_.keep();
  const std::uint32_t frames = log_frames();
  if (frames < kLongLogFrames) return;
  if (frames >= kUrgentLogFrames) page_.set_copy_urgent(true);
  const bool is_too_long = frames >= kTooLongLogFrames;
  if (backlog() > kFewFrames && !is_too_long) return;
  // Whoever copies it would be in the way, and leaves less to do.
  auto lock = SoleLock::try_take(file_.paths);
  if (!lock && is_too_long) {
    copier_.finish();
    lock = SoleLock::try_take(file_.paths);
  }
  if (!lock && frames < kMuchTooLongLogFrames) return;
  const base::Instant until = Clock::now() + kCopierAwaitedMax;
  while (!lock && Clock::now() < until) {
    std::this_thread::sleep_for(kCopierLookedAtEvery);
    lock = SoleLock::try_take(file_.paths);
  }
  begin_log_anew();
}

// Outside the gate. If the log is being copied, as many frames later somebody looks again.
void Committer::have_log_copied() {
  if (!writer_ || writing_is_off_) return;
  const bool is_full_log_due = is_log_full() && Clock::now() - last_checkpoint_ > kFullLogCopiedEvery;
  if (!is_copy_wanted() && !is_full_log_due) return;
  frames_at_last_checkpoint_ = writer_->connection().wal_frames();
  last_checkpoint_ = Clock::now();
  if (auto lock = SoleLock::try_take(file_.paths)) copier_.copy(std::move(*lock), backlog());
}

// Inside the gate.
void Committer::copy_log() {
  base::proof::reach("checkpoint.begun");
  frames_at_last_checkpoint_ = writer_->connection().wal_frames();
  last_checkpoint_ = Clock::now();
  log_copied(writer_->checkpoint());
}

// Inside the gate.
void Committer::begin_log_anew() {
  base::proof::reach("checkpoint.begun");
  const std::uint32_t frames = writer_->connection().wal_frames();
  frames_at_last_checkpoint_ = frames;
  last_checkpoint_ = Clock::now();
  page_.hold_readers(kReadersHeldMax);
  const auto done = writer_->checkpoint_and_restart(kReadersAwaitedMax);
  page_.let_readers_go();
  page_.set_copy_urgent(false);
  page_.set_reset_tried_at(done && done->is_restarted ? 0 : frames);
  log_copied(done);
}

void Committer::log_copied(const Result<backend::sqlite::Connection::Checkpoint>& done) {
  if (!done) {
    if (const auto& off = writer_->writing_is_off()) turn_writing_off(*off);
    pending_log_ = "the write-ahead log could not be copied: " + done.error().message;
    return;
  }
  base::proof::reach("checkpoint.copied");
  // None: somebody else is copying it.
  if (done->wal_frames > 0) page_.set_copied_frames(done->copied_frames);
  (void)page_.sync_anchor();
}

// Inside the gate. False: a reader keeps it from that.
Result<bool> Committer::empty_log() {
  base::proof::reach("erase.before_emptying_the_log");
  if (base::proof::is_planted("erased_stays_in_the_log")) return true;
  // It is copied when the gate is left.
  if (is_long_checkpoint()) return false;
  const auto done = writer_->checkpoint_and_truncate(kLastReadersAwaitedMax);
  if (!done) return std::unexpected(done.error());
  if (!done->is_restarted) return false;
  // The next commit begins the log anew, so it has fewer frames than were copied.
  frames_at_last_checkpoint_ = writer_->connection().wal_frames();
  page_.set_copied_frames(frames_at_last_checkpoint_);
  page_.set_reset_tried_at(0);
  (void)page_.sync_anchor();
  if (auto synced = backend::sqlite::sync_file(file_.paths.wal); !synced) return std::unexpected(synced.error());
  return true;
}

}  // namespace penny::store
