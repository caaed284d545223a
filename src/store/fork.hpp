#pragma once

// fork(2): a lock survives its holder in a forked child, and a connection that was open across a fork reads torn
// snapshots. So every store of the process is paused around a fork (pthread_atfork): nothing is open in that moment,
// and parent and child open anew at their next use. What could not be paused in time is refused in the child for ever.
//
// vfork and posix_spawn do not come here, and need not.

namespace penny::store {

class Engine;

// Any thread. An engine is registered for as long as it lives.
void register_for_fork(Engine& engine);
void unregister_for_fork(Engine& engine);

// While a store is being opened, by a thread of this process: a fork waits for that, for at most a second, so that no
// child inherits a gate that is held.
class OpeningGuard {
 public:
  OpeningGuard();
  ~OpeningGuard();
  OpeningGuard(const OpeningGuard&) = delete;
  OpeningGuard& operator=(const OpeningGuard&) = delete;
};

}  // namespace penny::store
