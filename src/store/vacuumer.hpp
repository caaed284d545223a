#pragma once

// Gives the space of what was forgotten and erased back to the file system, in steps between the commits of a process and of all
// others.
//
// 1. A step is one transaction of at most 5 ms of work and 128 pages inside the gate: pages of the file's end move into free ones.
//    Then the log is copied and emptied, once no reader needs it, as at the end of an erase; that cuts the file. Killed anywhere, the
//    store is as it was after the last step.
// 2. Never beside an erase: a page that moves could get past its search for copies in free space. Both work under one lock that the
//    kernel frees with its holder, and this one makes way as soon as there is something to erase.
// 3. While readers keep a long log from being begun anew, no step makes it longer.
// 4. It ends when as many pages are given back as were free when it began, so others who free pages meanwhile do not keep it for ever.
//
// Used by the committer alone.

#include <chrono>
#include <cstdint>
#include <optional>

#include <penny/error.hpp>
#include <penny/vacuum.hpp>

#include "backend/sqlite/writer.hpp"
#include "base/file_system.hpp"
#include "store/awaited_readers.hpp"
#include "store/gate_page.hpp"
#include "store/sole_lock.hpp"
#include "store/stepped_work.hpp"

namespace penny::store {

class Vacuumer : public SteppedWork {
 public:
  Vacuumer(const base::StorePaths& paths, GatePage& page) : paths_(paths), readers_(page) {}

  // Begins anew, unless it is at work.
  void start();
  // Nothing more is done.
  void stop();
  // Nothing is held any more; what goes on begins with a look.
  void let_go();
  // Of a process that was forked: whatever its parent was about to do.
  void forget();
  [[nodiscard]] bool is_at_work() const { return stage_ != Stage::kNone; }

  [[nodiscard]] bool needs_gate() const override { return stage_ == Stage::kPages || stage_ == Stage::kLog; }
  [[nodiscard]] bool needs_empty_log() const override { return stage_ == Stage::kLog; }
  std::chrono::milliseconds step(backend::sqlite::Writer& writer) override;
  std::chrono::milliseconds log_emptied(const Result<bool>& is_emptied) override;
  std::chrono::milliseconds failed(const Error& error) override;

  [[nodiscard]] VacuumProgress progress() const;
  [[nodiscard]] std::uint64_t given_back() const { return given_back_; }
  [[nodiscard]] std::uint64_t rounds() const { return rounds_; }
  // Why the last step did not succeed; nothing if it did.
  [[nodiscard]] const std::optional<Error>& trouble() const override { return trouble_; }

 private:
  enum class Stage : std::uint8_t { kNone, kLook, kPages, kReaders, kLog };

  Result<void> take_step(backend::sqlite::Writer& writer);
  Result<void> look(backend::sqlite::Connection& connection);
  Result<void> give_some_back(backend::sqlite::Writer& writer);
  void make_way();
  void went_well();
  [[nodiscard]] bool has_reached_goal() const { return goal_ && given_back_ >= *goal_; }

  const base::StorePaths paths_;
  AwaitedReaders readers_;

  Stage stage_ = Stage::kNone;
  std::optional<SoleLock> lock_;
  std::optional<std::uint64_t> goal_;  // pages to give back; nothing before the first look
  std::uint64_t given_back_ = 0;
  std::uint64_t rounds_ = 0;
  bool has_found_disk_full_ = false;
  std::uint32_t log_frames_ = 0;                     // after the last step
  std::chrono::milliseconds rest_{0};                // after the step at hand
  std::chrono::milliseconds rest_after_failure_{0};  // longer each time, until a step does something
  std::optional<Error> trouble_;
};

}  // namespace penny::store
