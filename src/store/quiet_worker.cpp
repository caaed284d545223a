#include "store/quiet_worker.hpp"

#include <linux/ioprio.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace penny::store {
namespace {

// Where one of these is refused, the work is done all the same.
void give_way() {
  const sched_param none{};
  (void)pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
  constexpr int kThisThread = 0;
  constexpr int kLeast = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, IOPRIO_NR_LEVELS - 1);
  (void)::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, kThisThread, kLeast);
}

}  // namespace

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
  give_way();
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
