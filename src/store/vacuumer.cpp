#include "store/vacuumer.hpp"

#include <algorithm>

#include <sys/stat.h>

#include "backend/sqlite/erase_steps.hpp"
#include "backend/sqlite/schema.hpp"
#include "backend/sqlite/vacuum_steps.hpp"
#include "base/clock.hpp"
#include "base/proof.hpp"

namespace penny::store {
namespace {

using backend::sqlite::Connection;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kStepMax{5};
// Each leaves some two pages in the log, which the commit writes inside the gate: 1 MB.
constexpr std::uint64_t kPagesPerStepMax = 128;
// 32 MB of log, which readers keep from being begun anew: steps wait for them.
constexpr std::uint32_t kLogFramesMax = 8000;
constexpr milliseconds kRestMin{100};
constexpr milliseconds kRestMax{2'000};

// Whether the file has more than the database's pages: it was not cut yet. One that has less may get longer when the log is copied.
bool is_too_long(const std::string& database, std::uint64_t pages) {
  struct stat status{};
  if (stat(database.c_str(), &status) != 0) return false;
  return static_cast<std::uint64_t>(status.st_size) > pages * static_cast<std::uint64_t>(backend::sqlite::kPageSize);
}

}  // namespace

void Vacuumer::start() {
  if (is_at_work()) return;
  stage_ = Stage::kLook;
  goal_.reset();
  log_frames_ = 0;
  given_back_ = 0;
  rounds_ = 0;
  went_well();
}

void Vacuumer::stop() {
  stage_ = Stage::kNone;
  readers_.let_go();
  lock_.reset();
}

void Vacuumer::let_go() {
  if (is_at_work()) stage_ = Stage::kLook;
  readers_.let_go();
  lock_.reset();
}

void Vacuumer::forget() {
  stage_ = Stage::kNone;
  readers_.forget();
  lock_.reset();
}

milliseconds Vacuumer::step(backend::sqlite::Writer& writer) {
  rest_ = milliseconds(0);
  if (auto done = take_step(writer); !done) return failed(done.error());
  return rest_;
}

// A reader or a lock may go by itself; space does not come by itself, and damage does not go.
milliseconds Vacuumer::failed(const Error& error) {
  trouble_ = error;
  if (error.field == backend::sqlite::kFull && !has_found_disk_full_) {
    // The committer may have space for one more try; see ballast.hpp.
    has_found_disk_full_ = true;
    stage_ = Stage::kLook;
    readers_.let_go();
    return milliseconds(0);
  }
  if (error.code != ErrorCode::kOverloaded) {
    stop();
    return milliseconds(0);
  }
  rest_after_failure_ = std::clamp(rest_after_failure_ * 2, kRestMin, kRestMax);
  stage_ = Stage::kLook;
  readers_.let_go();
  return rest_after_failure_;
}

void Vacuumer::went_well() {
  trouble_.reset();
  has_found_disk_full_ = false;
  rest_after_failure_ = milliseconds(0);
}

milliseconds Vacuumer::log_emptied(const Result<bool>& is_emptied) {
  if (!is_emptied) return failed(is_emptied.error());
  if (!*is_emptied) return failed(readers_.who_stays("vacuum"));
  base::proof::reach("vacuum.file_cut");
  went_well();
  readers_.let_go();
  log_frames_ = 0;
  if (has_reached_goal()) {
    stop();
  } else {
    stage_ = Stage::kLook;
  }
  return milliseconds(0);
}

Result<void> Vacuumer::take_step(backend::sqlite::Writer& writer) {
  switch (stage_) {
    case Stage::kNone:
    case Stage::kLog:
      return {};
    case Stage::kLook:
      return look(writer.connection());
    case Stage::kPages:
      return give_some_back(writer);
    case Stage::kReaders:
      if (readers_.are_done()) {
        stage_ = Stage::kLog;
      } else {
        rest_ = AwaitedReaders::kLookedAtEvery;
      }
      return {};
  }
  return {};
}

Result<void> Vacuumer::look(Connection& connection) {
  const auto erasing = backend::sqlite::unfinished_users(connection);
  if (!erasing) return std::unexpected(erasing.error());
  const bool is_planted = base::proof::is_planted("vacuum_beside_an_erase");
  const bool has_to_wait = !erasing->empty() && !is_planted;
  if (!has_to_wait && !lock_) lock_ = SoleLock::try_take(paths_, SoleJob::kErase);
  if (has_to_wait || (!lock_ && !is_planted)) {
    make_way();
    return {};
  }
  const auto space = backend::sqlite::file_space(connection);
  if (!space) return std::unexpected(space.error());
  if (!goal_) goal_ = space->free_pages;
  if (space->free_pages == 0) goal_ = given_back_;
  if (log_frames_ > kLogFramesMax) {
    stage_ = Stage::kReaders;
  } else if (!has_reached_goal()) {
    stage_ = Stage::kPages;
  } else if ((given_back_ > 0 || is_too_long(paths_.database, space->pages)) &&
             !base::proof::is_planted("vacuum_leaves_the_file_long")) {
    stage_ = Stage::kReaders;
  } else {
    went_well();
    stop();
  }
  return {};
}

Result<void> Vacuumer::give_some_back(backend::sqlite::Writer& writer) {
  bool has_to_wait = false;
  backend::sqlite::GivenBack given;
  auto done = writer.run_step([&](Connection& connection) -> Result<void> {
    const auto erasing = backend::sqlite::unfinished_users(connection);
    if (!erasing) return std::unexpected(erasing.error());
    has_to_wait = !erasing->empty() && !base::proof::is_planted("vacuum_beside_an_erase");
    if (has_to_wait) return {};
    const std::uint64_t pages = std::min(*goal_ - given_back_, kPagesPerStepMax);
    const auto some = backend::sqlite::give_back_pages(connection, pages, Clock::now() + kStepMax);
    if (!some) return std::unexpected(some.error());
    given = *some;
    base::proof::reach("vacuum.pages_moved");
    return {};
  });
  if (!done) return done;
  went_well();
  if (has_to_wait) {
    make_way();
    return {};
  }
  base::proof::reach("vacuum.pages_given_back");
  given_back_ += given.pages;
  rounds_ += 1;
  log_frames_ = writer.connection().wal_frames();
  if (given.is_all || given.pages == 0) goal_ = given_back_;
  if (has_reached_goal() || log_frames_ > kLogFramesMax) stage_ = Stage::kLook;
  return {};
}

// An erase comes first, and another process may be at the same work.
void Vacuumer::make_way() {
  lock_.reset();
  stage_ = Stage::kLook;
  rest_ = kRestMin;
}

VacuumProgress Vacuumer::progress() const {
  VacuumProgress progress{.stage = VacuumStage::kWaiting, .done = 0, .total = 0};
  if (stage_ == Stage::kReaders || stage_ == Stage::kLog) progress.stage = VacuumStage::kLog;
  if (stage_ == Stage::kPages)
    progress = {.stage = VacuumStage::kPages, .done = given_back_, .total = goal_.value_or(0)};
  return progress;
}

}  // namespace penny::store
