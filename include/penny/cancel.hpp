#pragma once

// How work is told to stop before it is done.

#include <chrono>
#include <memory>

namespace penny {

// Copies share one state. Any thread may call any function of any copy at any time.
class CancelToken {
 public:
  CancelToken();

  // For good; a second time changes nothing. Wakes who waits. Does not block.
  void cancel() const;

  // Does not block.
  [[nodiscard]] bool is_cancelled() const;

  // Sleeps until it is cancelled or the moment has come; true: cancelled.
  bool wait_until(std::chrono::steady_clock::time_point moment) const;

  // Readable once it is cancelled, for poll(2). Belongs to the token: it is closed with the last copy, and nobody else reads or
  // closes it. -1, which poll(2) passes over, if the process has no descriptor left: then look at `is_cancelled` now and then.
  [[nodiscard]] int descriptor() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace penny
