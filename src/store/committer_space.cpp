// The committer on a full disk: what takes space is refused, what gives space gets the ballast's (see ballast.hpp); and with a
// log that a stopped reader lets grow.

#include "store/committer.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/proof.hpp"
#include "model/kind.hpp"
#include "store/awaited_readers.hpp"

namespace penny::store {
namespace {

bool gives_space(const backend::PreparedBatch& batch) {
  return batch.following.empty() &&
         std::ranges::all_of(batch.operations, [](const auto& prepared) { return model::gives_space(prepared.kind); });
}

bool is_full(const Error& error) { return error.field == backend::sqlite::kFull; }

Error disk_is_full() {
  return {
      .code = ErrorCode::kStorageFailed,
      .message = "the disk is full: only forgetting and erasing are stored until there is space for the ballast again",
      .advice = "make space on the disk, or forget, erase, and run `penny vacuum`; writing goes on by itself then",
      .field = backend::sqlite::kFull};
}

}  // namespace

// Refused if it would take the space that the ballast gave to others.
bool Committer::is_refused_for_space(Request& request) const {
  if (page_.ballast() != BallastState::kSpent || gives_space(*request.work.batch)) return false;
  if (base::proof::is_planted("ballast_spent_on_everything")) return false;
  request.work.outcome = std::unexpected(disk_is_full());
  return true;
}

// Somebody reads from the log and does not end. Once all of it is copied, the next commit begins it anew, or shows that it cannot.
bool Committer::is_log_full() const {
  const std::uint32_t frames = writer_->connection().wal_frames();
  return frames >= log_frames_max_ && copied_frames() < frames;
}

// Whoever leaves the gate copies the log then, each second, for as long as there are such requests.
bool Committer::is_refused_for_log(Request& request) const {
  if (!is_log_full() || gives_space(*request.work.batch)) return false;
  if (base::proof::is_planted("log_without_limit")) return false;
  request.work.outcome = std::unexpected(
      Error{.code = ErrorCode::kOverloaded,
            .message = "the write-ahead log is full and cannot be begun anew because of " + who_reads(page_),
            .advice = "end that process or its read; writing goes on by itself then",
            .field = "reader"});
  return true;
}

// True if one of them is stored now.
bool Committer::try_again_with_space(const std::vector<Request*>& taken) {
  std::vector<backend::Work*> again;
  for (Request* request : taken) {
    const auto& outcome = request->work.outcome;
    if (!outcome && is_full(outcome.error()) && gives_space(*request->work.batch)) again.push_back(&request->work);
  }
  if (again.empty() || !make_space()) return false;
  auto next = again.begin();
  (void)writer_->run([&] { return next == again.end() ? nullptr : *next++; });
  return anchor_committed();
}

// Gives the ballast's space away, and copies the log: the database finds the space that it grows by, and what comes next begins at
// the log's start. False: neither gave any.
bool Committer::make_space() {
  const bool is_spent = ballast_.spend();
  if (is_spent) pending_log_ = "the disk is full: the ballast's space is used to forget and to erase";
  base::proof::reach("ballast.spent");
  copier_.finish();
  const std::uint32_t copied_before = copied_frames();
  if (!is_long_checkpoint()) copy_log();
  return is_spent || copied_frames() > copied_before;
}

// Outside the gate. False: its last step did not fail for want of space, or there is none to be made.
bool Committer::make_space_for(const SteppedWork& work) {
  const bool is_short = work.trouble() && is_full(*work.trouble());
  if (!is_short || !writer_ || !enter_gate_for_step()) return false;
  const bool is_made = make_space();
  leave_gate();
  return is_made;
}

}  // namespace penny::store
