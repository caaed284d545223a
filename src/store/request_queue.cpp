#include "store/request_queue.hpp"

#include <algorithm>
#include <utility>

#include "base/futex.hpp"

namespace penny::store {

bool Request::wait() {
  constexpr auto kQueued = static_cast<std::uint32_t>(RequestState::kQueued);
  constexpr auto kDone = static_cast<std::uint32_t>(RequestState::kDone);
  for (;;) {
    const std::uint32_t state = state_.load(std::memory_order_acquire);  // pairs with the release in `finish`
    if (state == kDone) return true;
    if (state == kQueued && std::chrono::steady_clock::now() >= deadline_) return false;
    base::futex_wait_private(state_, state, state == kQueued ? deadline_ : base::Instant::max());
  }
}

void Request::finish(bool wakes_caller) {
  const std::atomic<std::uint32_t>& word = state_;
  state_.store(static_cast<std::uint32_t>(RequestState::kDone), std::memory_order_release);
  if (wakes_caller) base::futex_wake_private(word);
}

bool GroupBudget::admit(std::size_t size_bytes) {
  if (requests_ > 0) {
    if (requests_ >= limits_.requests_max || bytes_ + size_bytes > limits_.bytes_max) return false;
    if (std::chrono::steady_clock::now() - began_ >= limits_.work_max) return false;
  }
  requests_ += 1;
  bytes_ += size_bytes;
  return true;
}

Request* RequestQueue::take(GroupBudget& budget) {
  if (requests_.empty() || !budget.admit(requests_.front()->size_bytes())) return nullptr;
  Request* request = requests_.front();
  requests_.pop_front();
  request->set_taken();
  return request;
}

bool RequestQueue::withdraw(const Request& request) {
  const auto found = std::ranges::find(requests_, &request);
  if (found == requests_.end()) return false;
  requests_.erase(found);
  return true;
}

std::deque<Request*> RequestQueue::take_all() {
  for (Request* request : requests_) request->set_taken();
  return std::exchange(requests_, {});
}

}  // namespace penny::store
