#pragma once

// fork(2): a lock survives its holder in a forked child, and a connection that was open across a fork reads torn
// snapshots. So every store of the process is paused around a fork (pthread_atfork): nothing is open in that moment,
// and parent and child open anew at their next use. If something could not be paused in time, or the fork comes from
// inside a call to Penny, the child is refused for ever: SQLite's memory in it holds what belongs to the parent.
//
// vfork and posix_spawn do not come here, and need not.

namespace penny::store {

class Engine;

// This process is such a child.
[[nodiscard]] bool is_process_refused();

// A call to Penny, or one of Penny's to the log callback, is under way on this thread: it cannot be left in the middle
// by a fork.
class Call {
 public:
  Call();
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  [[nodiscard]] static bool is_under_way();
};

// Any thread. An engine is registered for as long as it has anything open.
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
