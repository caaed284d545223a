#include "store/gate.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/futex.hpp"
#include "base/process.hpp"
#include "base/proof.hpp"

namespace penny::store {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kSleepMax{20};
constexpr milliseconds kQuietBeforeOutOfTurn{20};
// Between tries of the one whose turn it is, while another (out of turn) is still inside.
constexpr milliseconds kTurnSleepMax{2};

// Tickets wrap around: a is at or behind b.
bool is_reached(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(b - a) >= 0; }

std::uint32_t wake_bit(std::uint32_t ticket) { return 1U << (ticket % 32U); }

}  // namespace

Result<std::unique_ptr<Gate>> Gate::open(const base::StorePaths& paths, GatePage& page) {
  const int file = ::open(paths.gate.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) {
    return base::fail(ErrorCode::kStorageFailed, fmt::format("{}: {}", paths.gate, std::strerror(errno)),
                      "do not delete the store's files while it is open; open it again");
  }
  return std::unique_ptr<Gate>(new Gate(file, page));
}

Gate::Gate(int file, GatePage& page) : file_(file), page_(page), pid_(getpid()), start_time_(base::own_start_time()) {}

Gate::~Gate() {
  if (is_inside_) leave();
  close(file_);
}

bool Gate::try_lock() {
  if (base::proof::is_planted("gate_always_free")) return true;
  if (base::proof::is_planted("gate_held_by_the_dead") && page_.holder()) return false;
  return flock(file_, LOCK_EX | LOCK_NB) == 0;
}

void Gate::entered(std::uint32_t ticket) {
  ticket_ = ticket;
  is_inside_ = true;
  page_.entries().fetch_add(1, std::memory_order_relaxed);
  page_.set_holder(pid_, start_time_);
  base::proof::reach("gate.entered");
}

bool Gate::try_enter() {
  if (base::proof::is_planted("newcomers_barge_in") && try_lock()) {
    entered(page_.serving().load(std::memory_order_acquire) - 1);
    return true;
  }
  // Somebody waits: they come first.
  std::uint32_t ticket = page_.ticket().load(std::memory_order_acquire);
  if (page_.serving().load(std::memory_order_acquire) != ticket || !try_lock()) return false;
  // From here on others queue up behind this ticket. If one drew it first, that one waits for us as for anybody inside.
  page_.ticket().compare_exchange_strong(ticket, ticket + 1, std::memory_order_acq_rel);
  entered(ticket);
  return true;
}

bool Gate::enter(const std::function<bool()>& go_on) {
  std::uint32_t ticket = page_.ticket().fetch_add(1, std::memory_order_seq_cst);
  base::proof::reach("gate.queued");
  std::uint32_t entries_seen = page_.entries().load(std::memory_order_relaxed);
  Clock::time_point quiet_since = Clock::now();
  for (;;) {
    const std::uint32_t serving = page_.serving().load(std::memory_order_seq_cst);
    if (is_reached(ticket, serving)) {
      if (try_lock()) break;
      if (!go_on()) return false;
      // A word beyond every ticket that was drawn is garbage.
      const bool is_overtaken =
          serving != ticket && is_reached(serving, page_.ticket().load(std::memory_order_acquire));
      if (is_overtaken && !base::proof::is_planted("overtaken_for_ever")) {
        // By one that entered out of turn. Whoever leaves hands over to the next in line, past us: so to the end of the line.
        ticket = page_.ticket().fetch_add(1, std::memory_order_seq_cst);
        quiet_since = Clock::now();
        continue;
      }
      base::futex_wait_shared(page_.serving(), serving, Clock::now() + kTurnSleepMax);
      continue;
    }
    if (!go_on()) return false;
    base::futex_wait_shared(page_.serving(), serving, Clock::now() + kSleepMax, wake_bit(ticket));
    if (base::proof::is_planted("never_out_of_turn")) continue;
    const std::uint32_t entries = page_.entries().load(std::memory_order_relaxed);
    if (entries != entries_seen) {
      entries_seen = entries;
      quiet_since = Clock::now();
    } else if (Clock::now() - quiet_since > kQuietBeforeOutOfTurn && try_lock()) {
      break;
    }
  }
  entered(ticket);
  return true;
}

bool Gate::is_waited_for() const { return page_.ticket().load(std::memory_order_relaxed) != ticket_ + 1; }

void Gate::leave() {
  page_.clear_holder();
  base::proof::reach("gate.leaving");
  const std::uint32_t serving = page_.serving().load(std::memory_order_acquire);
  const std::uint32_t next_ticket = page_.ticket().load(std::memory_order_acquire);
  // Forwards only, so that one who entered out of turn does not call back those before it; but a word beyond every
  // ticket that was drawn is garbage.
  const bool is_garbage = !is_reached(serving, next_ticket);
  if (is_garbage || !is_reached(ticket_ + 1, serving)) page_.serving().store(ticket_ + 1, std::memory_order_seq_cst);
  is_inside_ = false;
  flock(file_, LOCK_UN);
  base::proof::reach("gate.left");
  // Whoever draws a ticket after this look sees the new `serving`; both are sequentially consistent for that.
  const bool may_somebody_wait = page_.ticket().load(std::memory_order_seq_cst) != ticket_ + 1;
  if (may_somebody_wait && !base::proof::is_planted("waiters_not_woken"))
    base::futex_wake_shared(page_.serving(), wake_bit(ticket_ + 1));
}

bool Gate::is_current() const {
  struct statx ours{};
  return statx(file_, "", AT_EMPTY_PATH, STATX_NLINK, &ours) == 0 && ours.stx_nlink > 0;
}

}  // namespace penny::store
