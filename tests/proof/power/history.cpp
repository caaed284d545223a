#include "proof/power/history.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/core.h>

#include "proof/power/recorder.hpp"

namespace penny::proof::power {
namespace {

// The revs of a request's operations among the rows; nothing if not all are there.
std::vector<std::uint64_t> revs_of(const Request& request, const std::map<OperationId, std::uint64_t>& revs) {
  std::vector<std::uint64_t> found;
  for (const Operation& operation : request.operations) {
    const auto rev = revs.find(*operation.id);
    if (rev == revs.end()) return {};
    found.push_back(rev->second);
  }
  return found;
}

std::map<OperationId, std::uint64_t> revs_by_id(const std::vector<Change>& rows) {
  std::map<OperationId, std::uint64_t> revs;
  for (const Change& row : rows) revs[*row.operation.id] = row.rev;
  return revs;
}

std::size_t position() { return Recorder::instance().position(); }

}  // namespace

History::History(History&& other) noexcept
    : requests_(std::move(other.requests_)),
      activities_(std::move(other.activities_)),
      contradictions_(std::move(other.contradictions_)),
      opened_at_(other.opened_at_),
      store_id_(std::move(other.store_id_)) {}

Request& History::add(std::string kind, std::vector<Operation> operations) {
  const std::lock_guard lock(mutex_);
  return requests_.emplace_back(Request{.kind = std::move(kind),
                                        .operations = std::move(operations),
                                        .fate = Fate::kUnasked,
                                        .begun = kNever,
                                        .settled = kNever,
                                        .revs = {},
                                        .is_only_seen = false});
}

Fate History::begin(Request& request) {
  const std::lock_guard lock(mutex_);
  const Fate before = request.fate;
  if (before == Fate::kStored || before == Fate::kRefused) return before;
  request.fate = Fate::kBegun;
  request.begun = std::min(request.begun, position());
  return before;
}

void History::store(Request& request, const std::vector<std::uint64_t>& revs) {
  const std::lock_guard lock(mutex_);
  request.is_only_seen = false;
  if (request.fate == Fate::kStored) return;
  request.fate = Fate::kStored;
  request.settled = position();
  request.revs = revs;
}

void History::refuse(Request& request) {
  const std::lock_guard lock(mutex_);
  request.fate = Fate::kRefused;
  request.settled = position();
}

std::size_t History::begin_activity(std::string kind) {
  const std::lock_guard lock(mutex_);
  activities_.push_back({.kind = std::move(kind), .from = position(), .until = kNever});
  return activities_.size() - 1;
}

void History::end_activity(std::size_t activity) {
  const std::lock_guard lock(mutex_);
  activities_[activity].until = position();
}

void History::opened(const std::string& store_id) {
  const std::lock_guard lock(mutex_);
  if (opened_at_ == kNever) {
    opened_at_ = position();
    store_id_ = store_id;
  }
  if (store_id_ != store_id) contradictions_.push_back(fmt::format("store {} became {}", store_id_, store_id));
}

void History::seen(const std::vector<Change>& rows) {
  const std::lock_guard lock(mutex_);
  const auto revs = revs_by_id(rows);
  for (Request& request : requests_) {
    if (request.fate != Fate::kBegun) continue;
    std::vector<std::uint64_t> found = revs_of(request, revs);
    if (found.empty()) continue;
    request.fate = Fate::kStored;
    request.settled = position();
    request.revs = std::move(found);
    request.is_only_seen = true;
  }
}

void History::contradicted(std::string what) {
  const std::lock_guard lock(mutex_);
  contradictions_.push_back(std::move(what));
}

History History::after_power_cut(std::size_t position, const std::vector<Change>& rows) const {
  History after;
  const auto revs = revs_by_id(rows);
  for (Request request : requests_) {
    if (request.begun >= position && request.fate != Fate::kRefused) continue;
    request.revs = revs_of(request, revs);
    if (request.fate != Fate::kRefused) request.fate = request.revs.empty() ? Fate::kUnasked : Fate::kStored;
    request.begun = request.fate == Fate::kStored ? 0 : kNever;
    request.settled = request.fate == Fate::kUnasked ? kNever : 0;
    request.is_only_seen = false;
    after.requests_.push_back(std::move(request));
  }
  if (opened_at_ <= position) {
    after.opened_at_ = 0;
    after.store_id_ = store_id_;
  }
  return after;
}

History History::after_kill(std::size_t position) const {
  History after;
  for (Request request : requests_) {
    if (request.begun >= position) continue;
    if (request.settled > position) {
      request.fate = Fate::kBegun;
      request.settled = kNever;
      request.revs.clear();
      request.is_only_seen = false;
    }
    after.requests_.push_back(std::move(request));
  }
  for (Activity activity : activities_) {
    if (activity.from >= position) continue;
    activity.until = std::min(activity.until, position);
    after.activities_.push_back(std::move(activity));
  }
  if (opened_at_ <= position) {
    after.opened_at_ = opened_at_;
    after.store_id_ = store_id_;
  }
  return after;
}

}  // namespace penny::proof::power
