// Giving space back, from the committer's side: when its steps are taken. See vacuumer.hpp.

#include "store/committer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace penny::store {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

}  // namespace

void Committer::start_vacuum() {
  const base::MutexLock lock(mutex_);
  if (is_closing_) return;
  is_vacuuming_ = true;
  is_vacuum_asked_for_ = true;
  is_vacuum_withdrawn_ = false;
  vacuum_again_at_ = Clock::now();
  vacuum_state_ = {.is_at_work = true, .progress = {}, .pages = 0, .rounds = 0, .trouble = {}};
  wake_thread();
}

// The thread gives up what it holds, after the step at hand.
void Committer::stop_vacuum() {
  const base::MutexLock lock(mutex_);
  if (!is_vacuuming_) return;
  is_vacuum_withdrawn_ = true;
  vacuum_again_at_ = Clock::now();
  wake_thread();
}

VacuumState Committer::vacuum_state() {
  const base::MutexLock lock(mutex_);
  return vacuum_state_;
}

bool Committer::is_vacuum_due() const { return is_vacuuming_ && Clock::now() >= vacuum_again_at_; }

base::Instant Committer::next_step_at() const {
  base::Instant at = base::Instant::max();
  if (is_erasing_) at = erase_again_at_;
  if (is_vacuuming_) at = std::min(at, vacuum_again_at_);
  return at;
}

// The thread, with the role.
void Committer::vacuum_in_turn() {
  {
    const base::MutexLock lock(mutex_);
    if (!is_vacuum_due() || is_forking_ || is_closing_) return;
    if (std::exchange(is_vacuum_withdrawn_, false)) {
      vacuumer_.stop();
      is_vacuuming_ = false;
      vacuum_state_.is_at_work = false;
      return;
    }
    if (std::exchange(is_vacuum_asked_for_, false)) vacuumer_.start();
  }
  const milliseconds rest = take_step(vacuumer_);
  const base::MutexLock lock(mutex_);
  const bool is_told_otherwise = is_vacuum_withdrawn_ || is_vacuum_asked_for_;
  vacuum_again_at_ = Clock::now() + (is_told_otherwise ? milliseconds(0) : rest);
  is_vacuuming_ = vacuumer_.is_at_work() || is_vacuum_asked_for_;
  vacuum_state_ = {.is_at_work = is_vacuuming_,
                   .progress = vacuumer_.progress(),
                   .pages = vacuumer_.given_back(),
                   .rounds = vacuumer_.rounds(),
                   .trouble = vacuumer_.trouble()};
}

}  // namespace penny::store
