#include "store/fork.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <new>
#include <vector>

#include <pthread.h>

#include <penny/id.hpp>

#include "base/clock.hpp"
#include "base/proof.hpp"
#include "base/sha256.hpp"
#include "base/sync.hpp"
#include "rules/dimension.hpp"
#include "store/engine.hpp"

namespace penny::store {
namespace {

constexpr std::chrono::seconds kOpeningWaitMax{1};

thread_local int calls_under_way = 0;

// Written by the only thread of a new child, before it starts others.
std::atomic<bool> is_refused{false};

struct Registry {
  base::Mutex mutex{base::Rank::kForkRegistry};
  base::CondVar opening_ended;
  int openings GUARDED_BY(mutex) = 0;
  std::vector<Engine*> engines GUARDED_BY(mutex);
  bool is_child_refused GUARDED_BY(mutex) = false;  // from prepare to parent or child
};

// Never destroyed: a fork may come while the program ends.
Registry& registry() {
  static auto* const instance = new Registry();
  return *instance;
}

// The registry's mutex is held from prepare to parent or child, so that the child gets it whole.
void prepare() NO_THREAD_SAFETY_ANALYSIS {
  if (base::proof::is_planted("fork_not_prepared")) return;
  registry().mutex.lock_for_fork();
  const base::Instant deadline = std::chrono::steady_clock::now() + kOpeningWaitMax;
  while (registry().openings > 0 && !Call::is_under_way() &&
         registry().opening_ended.wait_until(registry().mutex, deadline)) {
  }
  registry().is_child_refused = registry().openings > 0;
  for (Engine* engine : registry().engines) {
    if (!engine->prepare_fork()) registry().is_child_refused = true;
  }
}

void in_parent() NO_THREAD_SAFETY_ANALYSIS {
  if (base::proof::is_planted("fork_not_prepared")) return;
  for (Engine* engine : registry().engines) engine->after_fork_in_parent();
  registry().mutex.unlock_after_fork();
}

void in_child() NO_THREAD_SAFETY_ANALYSIS {
  if (base::proof::is_planted("fork_not_prepared")) return;
  if (registry().is_child_refused) is_refused.store(true, std::memory_order_relaxed);
  for (Engine* engine : registry().engines) {
    if (registry().is_child_refused) {
      engine->close_inherited_descriptors();
    } else {
      engine->resume_in_child();
    }
  }
  registry().openings = 0;  // of threads that do not exist here
  new (&registry().opening_ended) base::CondVar();
  registry().mutex.unlock_after_fork();
}

// When the program starts, so that no fork can come before.
[[maybe_unused]] const int kRegistered = pthread_atfork(prepare, in_parent, in_child);

// What is made at its first use must be there before a fork: if a thread of the parent was just making it, the child
// would wait for that for ever.
void make_lazy_values() {
  const base::Sha256 hash;
  (void)OperationId::make();
  (void)rules::default_dimensions();
}

}  // namespace

bool is_process_refused() { return is_refused.load(std::memory_order_relaxed); }

Call::Call() { calls_under_way += 1; }
Call::~Call() { calls_under_way -= 1; }
bool Call::is_under_way() { return calls_under_way > 0; }

OpeningGuard::OpeningGuard() {
  {
    const base::MutexLock lock(registry().mutex);
    registry().openings += 1;
  }
  make_lazy_values();
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
