#pragma once

// Work that nobody waits for in a hurry, and that must not take a processor from those who answer somebody.
//
// 1. It runs on a thread of the scheduling class SCHED_IDLE (sched(7)): where another thread of the machine wants the processor, it
//    is taken from this one at once, which otherwise keeps it for some milliseconds.
// 2. While all processors are busy it hardly runs at all, and without privileges a thread cannot leave the class again. So it is given
//    little at a time; what must get done runs on the caller's own thread.
// 3. Its writes are not of the idle class, which the kernel would give them for that (ioprio_set(2)): such a write may lie in the
//    disk's queue for milliseconds, and every flush behind it, that is everybody's sync.

#include <functional>
#include <memory>
#include <thread>

#include "base/sync.hpp"

namespace penny::store {

class QuietWorker {
 public:
  QuietWorker() = default;
  ~QuietWorker();  // nothing runs
  QuietWorker(const QuietWorker&) = delete;
  QuietWorker& operator=(const QuietWorker&) = delete;

  // Blocks until it is done. One caller at a time. The thread is started by the first one. In the child of a fork the thread does not
  // exist: there the object is given up unfreed, and another one made.
  void run(const std::function<void()>& work);

 private:
  void serve();

  base::Mutex mutex_{base::Rank::kLeaf};
  base::CondVar changed_;
  std::unique_ptr<std::thread> thread_ GUARDED_BY(mutex_);
  const std::function<void()>* work_ GUARDED_BY(mutex_) = nullptr;
  bool is_to_end_ GUARDED_BY(mutex_) = false;
};

}  // namespace penny::store
