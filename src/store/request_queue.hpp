#pragma once

// The requests of this process that wait for their turn, first in, first out, and bounded.
//
// A request belongs to its caller's stack. It goes one way: queued -> taken -> done, or it is withdrawn while it is
// queued. Once taken, its caller waits for the outcome, however long that takes.
//
// Callers sleep in groups of neighbours in the queue. A transaction takes neighbours, so one call wakes many of its callers; a
// call for each would interrupt another processor as often, and take longer than a short request does.
//
// Not locked by itself: its owner's mutex guards it. `RequestState` and the groups alone are shared without it.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <vector>

#include <penny/error.hpp>

#include "backend/work.hpp"
#include "base/clock.hpp"

namespace penny::store {

enum class RequestState : std::uint32_t { kQueued, kTaken, kDone };

// Where callers sleep: counts the times that some of the group were answered. Outlives every request.
using SleepingGroup = std::atomic<std::uint32_t>;

class Request {
 public:
  Request(const backend::PreparedBatch& batch, base::Instant deadline)
      : work{.batch = &batch, .outcome = {}}, deadline_(deadline) {}
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  // The caller, once it is queued: sleeps until the outcome is there (true), or the deadline passed while it was still
  // queued (false).
  [[nodiscard]] bool wait();

  // Whoever queues it, with the queue's mutex held.
  void set_queued(SleepingGroup& group) { group_ = &group; }

  // The committer, with the queue's mutex held.
  void set_taken() { state_.store(static_cast<std::uint32_t>(RequestState::kTaken), std::memory_order_relaxed); }
  // The committer. The request may be gone as soon as this returns; its caller must still be woken.
  [[nodiscard]] SleepingGroup& finish();

  [[nodiscard]] bool is_done() const {
    return state_.load(std::memory_order_acquire) == static_cast<std::uint32_t>(RequestState::kDone);
  }

  [[nodiscard]] std::size_t size_bytes() const { return work.batch->size_bytes; }

  backend::Work work;

 private:
  base::Instant deadline_;
  SleepingGroup* group_ = nullptr;
  std::atomic<std::uint32_t> state_{static_cast<std::uint32_t>(RequestState::kQueued)};
};

// The committer: all of them have their outcomes; neighbours in the queue. `own`: the one whose caller is awake, or nullptr.
void finish_all(const std::vector<Request*>& requests, const Request* own);

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
  void push(Request& request);
  // The next one if the budget admits it, taken; else nullptr.
  [[nodiscard]] Request* take(GroupBudget& budget);
  // False: it is not there any more, since it was taken.
  [[nodiscard]] bool withdraw(const Request& request);
  // All that wait, taken.
  [[nodiscard]] std::vector<Request*> take_all();

 private:
  std::deque<Request*> requests_;
  std::uint64_t arrivals_ = 0;
  std::array<SleepingGroup, 64> groups_{};  // used by turns; two that share one wake each other for nothing, no more
};

}  // namespace penny::store
