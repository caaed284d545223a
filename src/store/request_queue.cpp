#include "store/request_queue.hpp"

#include <algorithm>
#include <utility>

#include "base/futex.hpp"

namespace penny::store {
namespace {

constexpr std::uint64_t kGroupSize = 32;

void wake(SleepingGroup& group) {
  // Pairs with the acquire in `Request::wait`: who is about to sleep sees the new count, and does not.
  group.fetch_add(1, std::memory_order_release);
  base::futex_wake_private(group);
}

}  // namespace

bool Request::wait() {
  constexpr auto kQueued = static_cast<std::uint32_t>(RequestState::kQueued);
  constexpr auto kDone = static_cast<std::uint32_t>(RequestState::kDone);
  for (;;) {
    // Read before the state, so that an answer in between ends the sleep.
    const std::uint32_t answers = group_->load(std::memory_order_acquire);
    const std::uint32_t state = state_.load(std::memory_order_acquire);  // pairs with the release in `finish`
    if (state == kDone) return true;
    if (state == kQueued && std::chrono::steady_clock::now() >= deadline_) return false;
    base::futex_wait_private(*group_, answers, state == kQueued ? deadline_ : base::Instant::max());
  }
}

SleepingGroup& Request::finish() {
  SleepingGroup& group = *group_;
  state_.store(static_cast<std::uint32_t>(RequestState::kDone), std::memory_order_release);
  return group;
}

void finish_all(const std::vector<Request*>& requests, const Request* own) {
  SleepingGroup* to_wake = nullptr;
  for (Request* request : requests) {
    const bool is_own = request == own;
    SleepingGroup& group = request->finish();
    if (is_own) continue;
    if (to_wake != nullptr && to_wake != &group) wake(*to_wake);
    to_wake = &group;
  }
  if (to_wake != nullptr) wake(*to_wake);
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

void RequestQueue::push(Request& request) {
  request.set_queued(groups_[arrivals_++ / kGroupSize % groups_.size()]);
  requests_.push_back(&request);
}

bool RequestQueue::withdraw(const Request& request) {
  const auto found = std::ranges::find(requests_, &request);
  if (found == requests_.end()) return false;
  requests_.erase(found);
  return true;
}

std::vector<Request*> RequestQueue::take_all() {
  for (Request* request : requests_) request->set_taken();
  std::vector<Request*> all(requests_.begin(), requests_.end());
  requests_.clear();
  return all;
}

}  // namespace penny::store
