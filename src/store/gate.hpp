#pragma once

// The gate: one at a time, in order of arrival, across threads of different stores and across processes.
//
// 1. flock(2) on the file `-gate`, always without blocking, alone excludes. The kernel frees it with its holder,
//    however that dies. Nobody may break it.
// 2. The shared page gives the order: a ticket from a counter, and the word `serving`. Whose turn it is tries the
//    lock. A waiter sleeps at most 20 ms at a time, and when nobody has entered for 20 ms it tries out of turn: a
//    stopped or killed waiter loses its place and costs the others 20 ms at most. Who was overtaken by that queues up again.
// 3. Garbage in the page costs the order until the next one inside repairs it.
// 4. A wait can always end: the waiter asks `go_on` at least every 20 ms.
// 5. A process that stopped inside the gate stops all writers until it goes on or dies; each waits for as long as
//    its own deadline says.
//
// Not thread-safe: one thread at a time uses a Gate (the one in the committer's role).

#include <cstdint>
#include <functional>
#include <memory>

#include <penny/error.hpp>

#include "base/file_system.hpp"
#include "store/gate_page.hpp"

namespace penny::store {

class Gate {
 public:
  // `page` outlives the gate.
  [[nodiscard]] static Result<std::unique_ptr<Gate>> open(const base::StorePaths& paths, GatePage& page);
  ~Gate();  // leaves
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // Enters if it is free and nobody waits. Does not block. True: inside.
  [[nodiscard]] bool try_enter();

  // Waits for its turn; `go_on` is asked before each sleep. False: it said no, and we are not inside.
  [[nodiscard]] bool enter(const std::function<bool()>& go_on);

  // Inside: whether somebody drew a ticket after ours.
  [[nodiscard]] bool is_waited_for() const;

  void leave();

  // False when the file was deleted, or replaced by another of its name: then others use another one, and this gate guards nothing. SQLite's
  // own write lock still excludes.
  [[nodiscard]] bool is_current() const;

 private:
  Gate(int file, GatePage& page);
  bool try_lock();
  void entered(std::uint32_t ticket);

  int file_;
  GatePage& page_;
  pid_t pid_;
  std::uint64_t start_time_;  // of this process
  std::uint32_t ticket_ = 0;  // of the one inside
  bool is_inside_ = false;
};

}  // namespace penny::store
