#include "store/awaited_readers.hpp"

#include <string>

#include <fmt/core.h>
#include <penny/limits.hpp>

#include "base/process.hpp"

namespace penny::store {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// As for a log that is begun anew for its length.
constexpr milliseconds kHeldMax{300};
constexpr milliseconds kAwaitedMax{250};
// No read of ours is that long: its process is stopped.
constexpr milliseconds kIsStuckAfter = 2 * limits::kReadDeadlineMax;

}  // namespace

std::string who_reads(const GatePage& page) {
  std::string who = "a reader";
  std::optional<Clock::time_point> oldest;
  for (const SlotView& slot : page.slots()) {
    if (!slot.oldest_read || (oldest && *oldest <= *slot.oldest_read)) continue;
    oldest = slot.oldest_read;
    const auto process = base::process_stat(slot.pid);
    who = fmt::format("process {} ({}, state {}), which reads", slot.pid, process ? process->command : "gone",
                      process ? process->state : "-");
  }
  return who;
}

bool AwaitedReaders::are_done() {
  const base::Instant now = Clock::now();
  std::optional<base::Instant> oldest;
  for (const SlotView& slot : page_.slots()) {
    if (slot.oldest_read && (!oldest || *slot.oldest_read < *oldest)) oldest = slot.oldest_read;
  }
  // For one that is stopped nobody else has to pause.
  const bool is_stuck = oldest && now - *oldest > kIsStuckAfter;
  if (!until_ && !is_stuck) {
    page_.hold_readers(kHeldMax);
    until_ = now + kAwaitedMax;
  }
  return !oldest || is_stuck || now >= *until_;
}

void AwaitedReaders::let_go() {
  if (!until_) return;
  until_.reset();
  page_.let_readers_go();
}

Error AwaitedReaders::who_stays(std::string_view work) const {
  return {
      .code = ErrorCode::kOverloaded,
      .message = fmt::format("the write-ahead log cannot be emptied because of {}", who_reads(page_)),
      .advice = fmt::format("end that process or its read, then {} again: what has been done is not done twice", work),
      .field = "reader"};
}

}  // namespace penny::store
