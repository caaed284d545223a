#include "store/eraser.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "backend/sqlite/erase_steps.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::store {
namespace {

using backend::sqlite::Connection;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kStepMax{5};
// A step outside the gate keeps only the requests of this process waiting.
constexpr milliseconds kLookMax{5};
constexpr milliseconds kIndexRest{20};
constexpr milliseconds kRestMin{100};
constexpr milliseconds kRestMax{2'000};

std::int64_t now_us() { return base::now().time_since_epoch().count(); }

}  // namespace

void Eraser::start() {
  if (is_at_work()) return;
  stage_ = Stage::kLook;
  went_well();
  progress_ = {};
}

void Eraser::stop() {
  stage_ = Stage::kNone;
  readers_.forget();
  lock_.reset();
}

void Eraser::let_go() {
  if (is_at_work()) stage_ = Stage::kLook;
  readers_.let_go();
  lock_.reset();
}

bool Eraser::needs_gate() const {
  return stage_ != Stage::kNone && stage_ != Stage::kLook && stage_ != Stage::kBeside &&
         stage_ != Stage::kFindLeftovers && stage_ != Stage::kReaders;
}

milliseconds Eraser::step(backend::sqlite::Writer& writer) {
  rest_ = milliseconds(0);
  if (auto done = take_step(writer); !done) return failed(done.error());
  return rest_;
}

milliseconds Eraser::failed(const Error& error) {
  trouble_ = error;
  rest_after_failure_ = std::clamp(rest_after_failure_ * 2, kRestMin, kRestMax);
  // Short of space, or of a lock: what has been done is done.
  stage_ = stage_ == Stage::kLog ? Stage::kReaders : Stage::kLook;
  readers_.let_go();
  return rest_after_failure_;
}

void Eraser::went_well() {
  trouble_.reset();
  rest_after_failure_ = milliseconds(0);
}

milliseconds Eraser::log_emptied(const Result<bool>& is_emptied) {
  if (!is_emptied) return failed(is_emptied.error());
  if (!*is_emptied) return failed(readers_.who_stays("erase"));
  readers_.let_go();
  base::proof::reach("erase.log_emptied");
  went_well();
  stage_ = Stage::kDone;
  return milliseconds(0);
}

Result<void> Eraser::take_step(backend::sqlite::Writer& writer) {
  const base::Instant until = Clock::now() + kStepMax;
  switch (stage_) {
    case Stage::kNone:
    case Stage::kLog:
      return {};
    case Stage::kLook:
      return look(writer.connection());
    case Stage::kAnchor:
      return move_anchor(writer.connection());
    case Stage::kRows:
      return remove_some_rows(writer);
    case Stage::kBeside:
      return look_beside();
    case Stage::kFindLeftovers:
      return find_some_leftovers(writer.connection());
    case Stage::kReaders:
      if (readers_.are_done()) {
        stage_ = Stage::kLog;
      } else {
        rest_ = AwaitedReaders::kLookedAtEvery;
      }
      return {};
    case Stage::kClearLeftovers: {
      auto cleared = writer.run_step(
          [&](Connection& connection) { return backend::sqlite::clear_leftovers(connection, leftovers_, until); });
      // If not, all begins anew: pages were taken off the list.
      if (!cleared) return cleared;
      went_well();
      base::proof::reach("erase.copies_overwritten");
      if (leftovers_.empty()) stage_ = next_page_ == 0 ? Stage::kReaders : Stage::kFindLeftovers;
      return {};
    }
    case Stage::kDone: {
      auto done =
          writer.run_step([&](Connection& connection) { return backend::sqlite::set_removed(connection, users_); });
      if (!done) return done;
      went_well();
      base::proof::reach("erase.noted_as_done");
      // Others may have been erased meanwhile.
      stage_ = Stage::kLook;
      return {};
    }
    case Stage::kIds: {
      bool is_all = false;
      auto done = writer.run_step([&](Connection& connection) -> Result<void> {
        const auto removed = backend::sqlite::remove_expired_ids(connection, now_us(), until);
        if (!removed) return std::unexpected(removed.error());
        is_all = *removed;
        return {};
      });
      if (done && is_all) stop();
      return done;
    }
  }
  return {};
}

Result<void> Eraser::look(Connection& connection) {
  auto unfinished = backend::sqlite::unfinished_erases(connection);
  if (!unfinished) return std::unexpected(unfinished.error());
  if (unfinished->empty()) {
    went_well();
    const auto has_expired = backend::sqlite::has_expired_ids(connection, now_us());
    if (!has_expired) return std::unexpected(has_expired.error());
    if (*has_expired) {
      stage_ = Stage::kIds;
    } else {
      stop();
    }
    return {};
  }
  if (!lock_) lock_ = SoleLock::try_take(paths_, SoleJob::kErase);
  if (!lock_) {
    went_well();
    rest_ = kRestMin;
    progress_ = {};
    return {};
  }
  // Else what is deleted stays in the file.
  const auto is_secure = connection.integer("PRAGMA secure_delete");
  if (!is_secure) return std::unexpected(is_secure.error());
  if (*is_secure != 1) {
    return base::fail(ErrorCode::kStorageFailed, fmt::format("secure_delete is {} after it was set to ON", *is_secure),
                      "this build of SQLite cannot erase; rebuild Penny");
  }
  users_.clear();
  next_user_ = 0;
  progress_ = {.stage = EraseStage::kRows, .done = 0, .total = 0};
  for (const auto& erase : *unfinished) {
    users_.push_back(erase.user);
    progress_.total += erase.rows;
  }
  stage_ = Stage::kAnchor;
  return {};
}

Result<void> Eraser::move_anchor(Connection& connection) {
  const auto last = backend::sqlite::last_row(connection);
  if (!last) return std::unexpected(last.error());
  if (*last) page_.write_anchor({.seq = (*last)->seq, .digest = (*last)->digest});
  if (!page_.sync_anchor()) {
    return base::fail(ErrorCode::kStorageFailed, "the shared page could not be synced",
                      "look for disk errors in the system's log");
  }
  base::proof::reach("erase.anchor_moved");
  last_seq_ = *last ? (*last)->seq : 0;
  progress_.stage = EraseStage::kIndex;
  stage_ = Stage::kBeside;
  return {};
}

Result<void> Eraser::look_beside() {
  if (is_erased_beside_) {
    const auto is_erased = is_erased_beside_(users_, last_seq_);
    if (!is_erased) return std::unexpected(is_erased.error());
    if (!*is_erased) {
      rest_ = kIndexRest;
      return {};
    }
  }
  progress_.stage = EraseStage::kRows;
  stage_ = Stage::kRows;
  return {};
}

Result<void> Eraser::remove_some_rows(backend::sqlite::Writer& writer) {
  const base::Instant until = Clock::now() + kStepMax;
  backend::sqlite::Removed removed;
  auto done = writer.run_step([&](Connection& connection) -> Result<void> {
    auto some = backend::sqlite::remove_rows(connection, users_.at(next_user_), until);
    if (!some) return std::unexpected(some.error());
    removed = *some;
    return {};
  });
  if (!done) return done;
  went_well();
  base::proof::reach("erase.some_rows_gone");
  progress_.done += removed.rows;
  if (!removed.is_all) return {};
  next_user_ += 1;
  if (next_user_ < users_.size()) return {};
  base::proof::reach("erase.rows_gone");
  next_page_ = 1;
  leftovers_.clear();
  stage_ = Stage::kFindLeftovers;
  return {};
}

Result<void> Eraser::find_some_leftovers(Connection& connection) {
  auto found = backend::sqlite::find_leftovers(connection, next_page_, Clock::now() + kLookMax);
  if (!found) return std::unexpected(found.error());
  leftovers_ = std::move(found->pages);
  if (base::proof::is_planted("erased_copies_stay_in_free_space")) leftovers_.clear();
  next_page_ = found->next;
  progress_ = {.stage = EraseStage::kPages,
               .done = next_page_ == 0 ? found->last_page : next_page_ - 1,
               .total = found->last_page};
  if (!leftovers_.empty()) {
    stage_ = Stage::kClearLeftovers;
  } else if (next_page_ == 0) {
    stage_ = Stage::kReaders;
    progress_ = {.stage = EraseStage::kLog, .done = 0, .total = 0};
  }
  return {};
}

}  // namespace penny::store
