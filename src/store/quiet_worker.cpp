#include "store/quiet_worker.hpp"

#include <pthread.h>
#include <sched.h>

namespace penny::store {

QuietWorker::~QuietWorker() {
  std::unique_ptr<std::thread> thread;
  {
    const base::MutexLock lock(mutex_);
    is_to_end_ = true;
    changed_.notify_all();
    thread = std::move(thread_);
  }
  if (thread) thread->join();
}

void QuietWorker::run(const std::function<void()>& work) {
  const base::MutexLock lock(mutex_);
  if (!thread_) thread_ = std::make_unique<std::thread>([this] { serve(); });
  work_ = &work;
  changed_.notify_all();
  while (work_ != nullptr) changed_.wait(mutex_);
}

void QuietWorker::serve() {
  // Where that is refused, it works all the same.
  const sched_param none{};
  (void)pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
  for (;;) {
    const std::function<void()>* work = nullptr;
    {
      const base::MutexLock lock(mutex_);
      while (work_ == nullptr && !is_to_end_) changed_.wait(mutex_);
      if (work_ == nullptr) return;
      work = work_;
    }
    (*work)();
    const base::MutexLock lock(mutex_);
    work_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace penny::store
