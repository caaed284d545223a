// The state that copies of a token share. The descriptor is made when somebody first asks for it: most calls never do.

#include <sys/eventfd.h>
#include <unistd.h>

#include <penny/cancel.hpp>

#include "base/sync.hpp"

namespace penny {

struct CancelToken::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (descriptor >= 0) ::close(descriptor);
  }

  base::Mutex mutex{base::Rank::kLeaf};
  base::CondVar changed;
  bool is_cancelled GUARDED_BY(mutex) = false;
  int descriptor GUARDED_BY(mutex) = -1;
};

CancelToken::CancelToken() : state_(std::make_shared<State>()) {}

void CancelToken::cancel() const {
  const base::MutexLock lock(state_->mutex);
  if (state_->is_cancelled) return;
  state_->is_cancelled = true;
  // Adding one to a counter of zero neither blocks nor fails.
  if (state_->descriptor >= 0) (void)::eventfd_write(state_->descriptor, 1);
  state_->changed.notify_all();
}

bool CancelToken::is_cancelled() const {
  const base::MutexLock lock(state_->mutex);
  return state_->is_cancelled;
}

bool CancelToken::wait_until(std::chrono::steady_clock::time_point moment) const {
  const base::MutexLock lock(state_->mutex);
  while (!state_->is_cancelled) {
    if (!state_->changed.wait_until(state_->mutex, moment)) break;
  }
  return state_->is_cancelled;
}

int CancelToken::descriptor() const {
  const base::MutexLock lock(state_->mutex);
  if (state_->descriptor < 0) {
    state_->descriptor = ::eventfd(state_->is_cancelled ? 1 : 0, EFD_CLOEXEC | EFD_NONBLOCK);
  }
  return state_->descriptor;
}

}  // namespace penny
