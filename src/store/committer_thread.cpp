// The committer thread: commits, and between two of them it takes a step of erasing or of giving space back (eraser.hpp,
// vacuumer.hpp).

#include "store/committer.hpp"

#include <chrono>
#include <utility>

#include "backend/sqlite/store_file.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::store {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

}  // namespace

void Committer::run_thread() {
  for (;;) {
    bool has_requests = false;
    {
      const base::MutexLock lock(mutex_);
      while (!is_thread_to_end_ && !may_thread_work()) wait_for_work();
      if (is_thread_to_end_) return;
      is_role_taken_ = true;
      has_requests = !queue_.is_empty();
    }
    if (has_requests) commit_in_turn();
    erase_in_turn();
    vacuum_in_turn();
    release_role();
  }
}

void Committer::start_erasing() {
  const base::MutexLock lock(mutex_);
  if (is_closing_) return;
  // Whoever is at work looks once more before it ends.
  is_erasing_ = true;
  is_erase_asked_for_ = true;
  erase_again_at_ = Clock::now();
  erase_state_.is_at_work = true;
  erase_state_.trouble.reset();
  wake_thread();
}

EraseState Committer::erase_state() {
  const base::MutexLock lock(mutex_);
  return erase_state_;
}

bool Committer::may_thread_work() const {
  if (is_role_taken_ || is_forking_) return false;
  return !queue_.is_empty() || is_erase_due() || is_vacuum_due();
}

bool Committer::is_erase_due() const { return is_erasing_ && Clock::now() >= erase_again_at_; }

void Committer::wait_for_work() {
  if ((is_erasing_ || is_vacuuming_) && !is_role_taken_ && !is_forking_) {
    (void)thread_wakes_.wait_until(mutex_, next_step_at());
  } else {
    thread_wakes_.wait(mutex_);
  }
}

// The thread, with the role.
void Committer::erase_in_turn() {
  {
    const base::MutexLock lock(mutex_);
    if (!is_erase_due() || is_forking_ || is_closing_) return;
    if (std::exchange(is_erase_asked_for_, false)) eraser_.start();
  }
  const milliseconds rest = take_step(eraser_);
  const base::MutexLock lock(mutex_);
  erase_again_at_ = Clock::now() + rest;
  is_erasing_ = (eraser_.is_at_work() && !writing_is_off_) || is_erase_asked_for_;
  erase_state_ = {.is_at_work = is_erasing_, .progress = eraser_.progress(), .trouble = eraser_.trouble()};
}

milliseconds Committer::take_step(SteppedWork& work) {
  if (auto open = ensure_open(); !open) return work.failed(open.error());
  milliseconds rest(0);
  if (!work.needs_gate()) {
    rest = work.step(*writer_);
  } else {
    if (work.needs_empty_log()) copier_.finish();
    if (!enter_gate_for_step()) return rest;
    rest = work.needs_empty_log() ? work.log_emptied(empty_log()) : work.step(*writer_);
    if (const auto& off = writer_->writing_is_off()) turn_writing_off(*off);
    if (writer_->connection().is_in_transaction()) writer_.reset();
    shorten_log();
    leave_gate();
  }
  return make_space_for(work) ? milliseconds(0) : rest;
}

bool Committer::enter_gate_for_step() {
  if (!gate_->try_enter()) {
    if (slot_) page_.set_waiting(*slot_, true);
    const bool is_inside = gate_->enter([this] {
      const base::MutexLock lock(mutex_);
      return !is_forking_ && !is_closing_;
    });
    if (slot_) page_.set_waiting(*slot_, false);
    if (!is_inside) return false;
  }
  if (!page_.is_valid_for(file_.store_id)) page_.make_valid_for(file_.store_id);
  return true;
}

}  // namespace penny::store
