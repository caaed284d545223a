#pragma once

// The requests of this process that wait for their turn, first in, first out, and bounded.
//
// A request belongs to its caller's stack. It goes one way: queued -> taken -> done, or it is withdrawn while it is
// queued. Once taken, its caller waits for the outcome, however long that takes.
//
// Not locked by itself: its owner's mutex guards it. `RequestState` alone is shared without it.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>

#include <penny/error.hpp>

#include "backend/work.hpp"
#include "base/clock.hpp"

namespace penny::store {

enum class RequestState : std::uint32_t { kQueued, kTaken, kDone };

class Request {
 public:
  Request(const backend::PreparedBatch& batch, base::Instant deadline)
      : work{.batch = &batch, .outcome = {}}, deadline_(deadline) {}
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  // The caller: sleeps until the outcome is there (true), or the deadline passed while it was still queued (false).
  [[nodiscard]] bool wait();

  // The committer, with the queue's mutex held.
  void set_taken() { state_.store(static_cast<std::uint32_t>(RequestState::kTaken), std::memory_order_relaxed); }
  // The committer. The request may be gone as soon as this begins to wake its caller, which may be the committer itself.
  void finish(bool wakes_caller);

  [[nodiscard]] bool is_done() const {
    return state_.load(std::memory_order_acquire) == static_cast<std::uint32_t>(RequestState::kDone);
  }

  [[nodiscard]] std::size_t size_bytes() const { return work.batch->size_bytes; }

  backend::Work work;

 private:
  base::Instant deadline_;
  std::atomic<std::uint32_t> state_{static_cast<std::uint32_t>(RequestState::kQueued)};
};

// How much one transaction takes, so that nobody is inside the gate for long.
struct GroupLimits {
  std::size_t requests_max = 256;
  std::size_t bytes_max = std::size_t{1} << 20;
  std::chrono::microseconds work_max{5'000};
};

// What one transaction has taken so far. A request that alone is over the limits is taken alone.
class GroupBudget {
 public:
  explicit GroupBudget(const GroupLimits& limits) : limits_(limits), began_(std::chrono::steady_clock::now()) {}
  // Whether another request of this size still fits; counts it if so.
  [[nodiscard]] bool admit(std::size_t size_bytes);

 private:
  GroupLimits limits_;
  base::Instant began_;
  std::size_t requests_ = 0;
  std::size_t bytes_ = 0;
};

class RequestQueue {
 public:
  [[nodiscard]] bool is_empty() const { return requests_.empty(); }
  [[nodiscard]] std::size_t size() const { return requests_.size(); }
  void push(Request& request) { requests_.push_back(&request); }
  // The next one if the budget admits it, taken; else nullptr.
  [[nodiscard]] Request* take(GroupBudget& budget);
  // False: it is not there any more, since it was taken.
  [[nodiscard]] bool withdraw(const Request& request);
  // All that wait, taken.
  [[nodiscard]] std::deque<Request*> take_all();

 private:
  std::deque<Request*> requests_;
};

}  // namespace penny::store
