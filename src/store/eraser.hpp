#pragma once

// Takes away what is left of erased users, in steps between the commits of a process and of all others.
//
// 1. First nothing but the tombstone was committed: the rows are invisible, but there. Then, in this order: the search index
//    (while the row that it has come to is there); rows and index entries; the free space of pages, where SQLite leaves copies;
//    the write-ahead log, once no reader needs it. Only then the erase is noted as done, so whoever opens the store after a crash
//    begins anew, and finds less to do.
// 2. One process at a time does this, under a lock that the kernel frees with its holder.
// 3. Before the first row goes, the anchor is moved to the ledger's last row and synced: it must never name one that goes.
// 4. A step is at most 5 ms of work inside the gate; the last one, which empties the log, is one checkpoint. Readers are asked to
//    pause, and awaited, before that one enters the gate.
//
// Used by the committer alone.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <penny/error.hpp>
#include <penny/store.hpp>

#include "backend/sqlite/writer.hpp"
#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "store/awaited_readers.hpp"
#include "store/gate_page.hpp"
#include "store/sole_lock.hpp"
#include "store/stepped_work.hpp"

namespace penny::store {

// Whether a file beside the database (the search index) holds nothing of these users any more, by their integers, and takes in
// nothing of theirs again; none of their rows is after `seq`. If not, it was asked to see to it, and is asked again in a moment.
using IsErasedBeside = std::function<Result<bool>(const std::vector<std::int64_t>& users, std::uint64_t seq)>;

class Eraser : public SteppedWork {
 public:
  Eraser(const base::StorePaths& paths, GatePage& page) : paths_(paths), page_(page), readers_(page) {}

  // Begins anew, with a look at what there is to do.
  void start();
  // Of a process that was forked: whatever its parent was about to do.
  void stop();
  // Nothing is held any more; what goes on begins with a look.
  void let_go();
  [[nodiscard]] bool is_at_work() const { return stage_ != Stage::kNone; }

  [[nodiscard]] bool needs_gate() const override;
  [[nodiscard]] bool needs_empty_log() const override { return stage_ == Stage::kLog; }
  std::chrono::milliseconds step(backend::sqlite::Writer& writer) override;
  std::chrono::milliseconds log_emptied(const Result<bool>& is_emptied) override;
  std::chrono::milliseconds failed(const Error& error) override;

  [[nodiscard]] const EraseProgress& progress() const { return progress_; }
  // Why the last step did not succeed; nothing if it did.
  [[nodiscard]] const std::optional<Error>& trouble() const override { return trouble_; }

  void set_beside(IsErasedBeside is_erased_beside) { is_erased_beside_ = std::move(is_erased_beside); }

 private:
  enum class Stage : std::uint8_t {
    kNone,
    kLook,
    kAnchor,
    kBeside,
    kRows,
    kFindLeftovers,
    kClearLeftovers,
    kReaders,
    kLog,
    kDone,
    kIds
  };

  Result<void> take_step(backend::sqlite::Writer& writer);
  Result<void> look(backend::sqlite::Connection& connection);
  Result<void> move_anchor(backend::sqlite::Connection& connection);
  Result<void> look_beside();
  Result<void> remove_some_rows(backend::sqlite::Writer& writer);
  Result<void> find_some_leftovers(backend::sqlite::Connection& connection);
  void went_well();

  const base::StorePaths paths_;
  GatePage& page_;
  AwaitedReaders readers_;
  IsErasedBeside is_erased_beside_;

  Stage stage_ = Stage::kNone;
  std::optional<SoleLock> lock_;
  std::vector<std::int64_t> users_;  // what goes now
  std::uint64_t last_seq_ = 0;       // none of their rows is after it
  std::size_t next_user_ = 0;        // the first of them that has rows
  std::vector<std::uint32_t> leftovers_;
  std::uint32_t next_page_ = 1;                      // 0: all were looked at
  std::chrono::milliseconds rest_{0};                // after the step at hand
  std::chrono::milliseconds rest_after_failure_{0};  // longer each time, until a step does something
  EraseProgress progress_;
  std::optional<Error> trouble_;
};

}  // namespace penny::store
