#include "store/fork.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <new>
#include <vector>

#include <pthread.h>

#include "base/clock.hpp"
#include "base/sync.hpp"
#include "store/engine.hpp"

namespace penny::store {
namespace {

constexpr std::chrono::seconds kOpeningWaitMax{1};

struct Registry {
  base::Mutex mutex{base::Rank::kForkRegistry};
  base::CondVar opening_ended;
  int openings GUARDED_BY(mutex) = 0;
  std::vector<Engine*> engines GUARDED_BY(mutex);
};

// Never destroyed: a fork may come while the program ends.
Registry& registry() {
  static auto* const instance = new Registry();
  return *instance;
}

// The registry's mutex is held from prepare to parent or child, so that the child gets it whole.
void prepare() NO_THREAD_SAFETY_ANALYSIS {
  registry().mutex.lock_for_fork();
  const base::Instant deadline = std::chrono::steady_clock::now() + kOpeningWaitMax;
  while (registry().openings > 0 && !Engine::Call::is_under_way() &&
         registry().opening_ended.wait_until(registry().mutex, deadline)) {
  }
  for (Engine* engine : registry().engines) engine->prepare_fork();
}

void in_parent() NO_THREAD_SAFETY_ANALYSIS {
  for (Engine* engine : registry().engines) engine->after_fork_in_parent();
  registry().mutex.unlock_after_fork();
}

void in_child() NO_THREAD_SAFETY_ANALYSIS {
  for (Engine* engine : registry().engines) engine->after_fork_in_child();
  registry().openings = 0;  // of threads that do not exist here
  new (&registry().opening_ended) base::CondVar();
  registry().mutex.unlock_after_fork();
}

}  // namespace

OpeningGuard::OpeningGuard() {
  static std::once_flag once;
  std::call_once(once, [] { pthread_atfork(prepare, in_parent, in_child); });
  const base::MutexLock lock(registry().mutex);
  registry().openings += 1;
}

OpeningGuard::~OpeningGuard() {
  const base::MutexLock lock(registry().mutex);
  registry().openings -= 1;
  registry().opening_ended.notify_all();
}

void register_for_fork(Engine& engine) {
  const base::MutexLock lock(registry().mutex);
  registry().engines.push_back(&engine);
}

void unregister_for_fork(Engine& engine) {
  const base::MutexLock lock(registry().mutex);
  std::erase(registry().engines, &engine);
}

}  // namespace penny::store
