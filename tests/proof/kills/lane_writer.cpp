#include "proof/kills/lane_writer.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "base/proof.hpp"

namespace penny::proof::kills {
namespace {

constexpr std::uint64_t kRetryOneIn = 16;  // of what was answered long ago
constexpr std::uint64_t kReadOneIn = 8;
constexpr std::uint64_t kRefusalsMax = 1000;  // of one request

}  // namespace

LaneWriter::LaneWriter(Store& store, const Journal& journal, ProcessPage& page, std::uint64_t seed,
                       const RequestName& own, std::chrono::milliseconds deadline)
    : store_(store),
      journal_(journal),
      page_(page),
      lane_(page.lanes.at(own.lane)),
      seed_(seed),
      own_(own),
      deadline_(deadline),
      random_(mixed(seed ^ now_ns())) {}

void LaneWriter::run() {
  read_lane();
  if (is_unanswered_ && !store_at_last(next_ - 1)) return;
  while (page_.is_to_end.load(std::memory_order_relaxed) == 0 && !lane_.is_full()) {
    if (!store_at_last(next_++)) return;
    if (random_.one_in(kRetryOneIn) && !store_at_last(static_cast<std::uint32_t>(random_.below(next_)))) return;
  }
}

void LaneWriter::read_lane() {
  const std::uint32_t count = lane_.count.load(std::memory_order_acquire);
  for (std::uint32_t place = 0; place < count; ++place) {
    const Event& event = lane_.events.at(place);
    if (event.kind == EventKind::kBegun) next_ = std::max(next_, event.request + 1);
  }
  if (count == 0) return;
  const Event& last = lane_.events.at(count - 1);
  // A retry of an old request needs no answer: only a new one does.
  is_unanswered_ = (last.kind == EventKind::kBegun || last.kind == EventKind::kRefused) && last.request + 1 == next_;
}

bool LaneWriter::store_at_last(std::uint32_t number) {
  for (std::uint64_t tries = 0; tries < kRefusalsMax && !lane_.is_full(); ++tries) {
    const Answer answer = commit(number);
    if (answer != Answer::kTooLate) return answer == Answer::kStored;
    if (page_.is_to_end.load(std::memory_order_relaxed) != 0) return false;
  }
  return false;
}

LaneWriter::Answer LaneWriter::commit(std::uint32_t number) {
  RequestName name = own_;
  name.number = number;
  const Batch batch = request_of(seed_, name);
  const std::uint32_t life = page_.life.load(std::memory_order_relaxed);
  Event begun{.kind = EventKind::kBegun, .life = life, .request = number, .digest = digest_of(batch)};
  begun.at_ns = now_ns();
  begun.gate_ns = journal_.gate_ns(begun.at_ns);
  lane_.append(begun);
  const auto stored = store_.commit(batch, deadline_);
  Event answer{.kind = EventKind::kRefused, .life = life, .request = number};
  answer.at_ns = now_ns();
  answer.gate_ns = journal_.gate_ns(answer.at_ns);
  if (stored) {
    answer.kind = stored->is_already_stored ? EventKind::kAlreadyStored : EventKind::kStored;
    answer.rev = stored->outcomes.front().rev;
    answer.digest = digest_of(*stored);
  } else {
    answer.code = static_cast<std::uint32_t>(stored.error().code);
  }
  lane_.append(answer);
  base::proof::reach("caller.answered");

  if (!stored) {
    if (stored.error().code != ErrorCode::kDeadlineExceeded) {
      complain(fmt::format("request {} was refused: {}: {}", number, to_string(stored.error().code),
                           stored.error().message));
      return Answer::kWrong;
    }
    return is_absent(batch) ? Answer::kTooLate : Answer::kWrong;
  }
  if (!stored->is_already_stored) last_rev_[batch.operations.front().user] = answer.rev;
  for (std::size_t i = 0; i < stored->outcomes.size(); ++i) {
    const Outcome& outcome = stored->outcomes[i];
    if (outcome.rev == answer.rev + i && outcome.id == batch.operations.at(i).id) continue;
    complain(fmt::format("request {} got rev {} for its operation {}, and {} for the first", number, outcome.rev, i,
                         answer.rev));
    return Answer::kWrong;
  }
  if (random_.one_in(kReadOneIn) && !reads_own(batch, answer.rev)) return Answer::kWrong;
  return Answer::kStored;
}

bool LaneWriter::reads_own(const Batch& batch, std::uint64_t rev) {
  const std::string& user = batch.operations.front().user;
  const auto page = store_.changes(user, rev - 1, 1);
  if (!page) {
    complain(fmt::format("a read was refused: {}: {}", to_string(page.error().code), page.error().message));
    return false;
  }
  page_.reads.fetch_add(1, std::memory_order_relaxed);
  if (page->items.size() == 1 && page->items.front().rev == rev &&
      page->items.front().operation.id == batch.operations.front().id)
    return true;
  complain(fmt::format("rev {} of {} was acknowledged, and a read after that did not see it", rev, user));
  return false;
}

bool LaneWriter::is_absent(const Batch& batch) {
  const std::string& user = batch.operations.front().user;
  // Stored after all, it would have come after what this lane stored before.
  std::optional<std::uint64_t> since = last_rev_[user];
  while (since) {
    const auto page = store_.changes(user, *since, limits::kPageItemsMax);
    if (!page) {
      complain(fmt::format("a read was refused: {}: {}", to_string(page.error().code), page.error().message));
      return false;
    }
    for (const Change& change : page->items) {
      if (change.operation.id != batch.operations.front().id) continue;
      complain(fmt::format("rev {} of {} is stored, and was refused because of its deadline", change.rev, user));
      return false;
    }
    since = page->next;
  }
  return true;
}

void LaneWriter::complain(const std::string& words) { page_.trouble.write(words); }

}  // namespace penny::proof::kills
