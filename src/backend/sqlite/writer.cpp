#include "backend/sqlite/writer.hpp"

#include <utility>

#include <fmt/core.h>
#include <sqlite3.h>

#include "backend/sqlite/schema.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kBegin = "BEGIN IMMEDIATE";
constexpr const char* kPlantedBegin = "BEGIN DEFERRED";
constexpr const char* kCommit = "COMMIT";
constexpr const char* kRollback = "ROLLBACK";
constexpr const char* kSchemaVersionNow = "PRAGMA user_version";
constexpr const char* kSavepoint = "SAVEPOINT request";
constexpr const char* kRollbackToSavepoint = "ROLLBACK TO request";
constexpr const char* kRelease = "RELEASE request";

// In that case COMMIT may have written and synced all of it, and failed when it told the log's index: nobody sees it now, but whoever
// recovers the log does.
bool is_out_of_memory(int code) { return (code & 0xff) == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM; }

// The fault of one request, or of all of them together, rather than of the disk.
bool may_succeed_alone(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_TOOBIG:
    case SQLITE_CONSTRAINT:
      return true;
    default:
      return is_out_of_memory(code) || base::proof::is_planted("commit_tried_again_after_an_io_error");
  }
}

Error unknown(const Error& cause) {
  return {.code = ErrorCode::kUnknown,
          .message = "the commit failed half way, so it may or may not be stored: " + cause.message,
          .advice = "retry with the same operation id; after a restart of this process that settles it",
          .field = ""};
}

// Refused for want of memory, but perhaps in the log. The next commit writes over it there, so writing goes on.
void tell_unknown(Work& work) {
  if (base::proof::is_planted("lack_of_memory_in_commit_told_as_refused")) return;
  const Error& refused = work.outcome.error();
  if (refused.code == ErrorCode::kUnknown) return;
  work.outcome = std::unexpected(Error{
      .code = ErrorCode::kUnknown,
      .message = "there was no memory at the end of the commit, so it may or may not be stored: " + refused.message,
      .advice = "free memory, and retry with the same operation id; that settles it",
      .field = ""});
}

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, const StoreFile& file,
               std::optional<std::uint64_t> user_bytes_max)
    : connection_(std::move(connection)), file_(file), applier_(*connection_, file.store_id, user_bytes_max) {}

Result<std::unique_ptr<Writer>> Writer::open(const StoreFile& file, std::optional<std::uint64_t> user_bytes_max) {
  auto connection = Connection::open(file.paths.database, ConnectionRole::kWriter);
  if (!connection) return std::unexpected(connection.error());
  // While no connection was open, another SQLite may have emptied the log and made it anew. From now on it cannot.
  StoreFile current = file;
  current.wal = identity_of(file.paths.wal).value_or(file.wal);
  if (auto same = current.check_same_files(); !same) return std::unexpected(same.error());
  return std::unique_ptr<Writer>(new Writer(std::move(*connection), current, user_bytes_max));
}

Result<void> Writer::run(const TakeWork& take) {
  committed_tail_.reset();
  if (off_) return std::unexpected(*off_);
  if (auto same = same_files_.check(); !same) return std::unexpected(turn_off(same.error()));
  if (auto begun = begin(); !begun) return begun;

  base::proof::reach("writer.begun");
  std::vector<Work*> taken;
  while (Work* work = take()) {
    taken.push_back(work);
    apply(*work);
    base::proof::reach("writer.between_requests");
    if (connection_->failure_code() != 0 && !base::proof::is_planted("lost_transaction_goes_on")) {
      settle_failure(taken, Error(work->outcome.error()), false);
      return {};
    }
  }
  if (!applier_.has_written()) {
    roll_back();
    return {};
  }
  if (auto written = applier_.write_pending(); !written) {
    settle_failure(taken, written.error(), false);
    return {};
  }
  if (auto committed = commit(); !committed) {
    settle_failure(taken, committed.error(), true);
    return {};
  }
  if (auto same = same_files_.check(); !same) {
    const Error off = turn_off(same.error());
    for (Work* work : taken) {
      if (work->outcome) work->outcome = std::unexpected(unknown(off));
    }
  }
  return {};
}

Result<void> Writer::begin() {
  connection_->forget_failure();
  // Short of memory, not even a ROLLBACK is certain.
  if (connection_->is_in_transaction()) {
    if (auto undone = connection_->query(kRollback).run(); !undone) return undone;
  }
  const char* const sql = base::proof::is_planted("begin_deferred") ? kPlantedBegin : kBegin;
  if (auto begun = connection_->query(sql).run(); !begun) return begun;
  const auto version = connection_->data_version();
  const bool has_foreign_commit = !version || version != version_after_commit_;
  if (has_foreign_commit) {
    if (auto known = check_schema(); !known) {
      roll_back();
      return known;
    }
  }
  return applier_.begin_transaction(has_foreign_commit);
}

// A newer Penny may have changed the schema while this one had the store open: what we would write might not be what it means.
Result<void> Writer::check_schema() {
  const auto version = connection_->integer(kSchemaVersionNow);
  if (!version) return std::unexpected(version.error());
  if (*version <= kSchemaVersion || base::proof::is_planted("newer_schema_not_noticed")) return {};
  return newer_schema(file_.paths.database, *version);
}

// Refused by our own rules, a request leaves the transaction as if it had never come. Refused by SQLite, it may have
// taken the transaction with it: the caller looks at the connection's failure code.
//
// A lone operation of a known user is refused before its first write or not at all (apply.hpp), so it needs no savepoint:
// SQLite would keep a copy of every page that it changes (a third of the work of raising a dimension).
void Writer::apply(Work& work) {
  const bool needs_savepoint = applier_.may_be_half_done(*work.batch);
  if (needs_savepoint) {
    auto done = applier_.write_pending();
    if (done) done = connection_->query(kSavepoint).run();
    if (!done) {
      work.outcome = std::unexpected(done.error());
      return;
    }
  }
  work.outcome = applier_.apply(*work.batch);
  if (!needs_savepoint) return;
  if (!work.outcome) {
    if (connection_->failure_code() != 0) return;
    if (base::proof::is_planted("savepoint_not_rolled_back")) return;
    if (auto undone = connection_->query(kRollbackToSavepoint).run(); !undone) {
      work.outcome = std::unexpected(undone.error());
      return;
    }
    applier_.savepoint_rolled_back();
  }
  if (auto released = connection_->query(kRelease).run(); !released) work.outcome = std::unexpected(released.error());
}

Result<void> Writer::commit() {
  const auto tail = applier_.tail();
  if (base::proof::is_planted("lost_transaction_goes_on") && !connection_->is_in_transaction()) return {};
  base::proof::reach("writer.before_commit");
  if (auto done = connection_->query(kCommit).run(); !done) return done;
  base::proof::reach("writer.committed");
  applier_.transaction_committed();
  version_after_commit_ = connection_->data_version();
  committed_tail_ = tail;
  return {};
}

Result<Connection::Checkpoint> Writer::checkpoint() {
  connection_->forget_failure();
  return checkpointed(connection_->checkpoint_passive());
}

Result<Connection::Checkpoint> Writer::checkpoint_and_restart(std::chrono::milliseconds wait) {
  connection_->forget_failure();
  return checkpointed(connection_->checkpoint_restart(wait));
}

Result<Connection::Checkpoint> Writer::checkpoint_and_truncate(std::chrono::milliseconds wait) {
  connection_->forget_failure();
  return checkpointed(connection_->checkpoint_truncate(wait));
}

Result<void> Writer::run_step(const Step& step) {
  committed_tail_.reset();
  if (off_) return std::unexpected(*off_);
  if (auto same = same_files_.check(); !same) return std::unexpected(turn_off(same.error()));
  if (auto begun = begin(); !begun) return begun;
  if (auto done = step(*connection_); !done) {
    roll_back();
    return done;
  }
  const auto committed = commit();
  if (!committed) {
    const int code = connection_->failure_code();
    roll_back();
    return std::unexpected(may_succeed_alone(code) ? committed.error() : turn_off(committed.error()));
  }
  if (auto same = same_files_.check(); !same) return std::unexpected(turn_off(same.error()));
  return {};
}

Result<Connection::Checkpoint> Writer::checkpointed(Result<Connection::Checkpoint> done) {
  if (!done && connection_->has_sync_failed()) return std::unexpected(turn_off(done.error()));
  return done;
}

void Writer::roll_back() {
  // After an error SQLite may have ended the transaction by itself.
  if (connection_->is_in_transaction()) (void)connection_->query(kRollback).run();
  applier_.transaction_rolled_back();
}

void Writer::settle_failure(std::vector<Work*>& taken, const Error& error, bool is_in_commit) {
  const int code = connection_->failure_code();
  roll_back();
  if (may_succeed_alone(code)) {
    const bool may_be_in_log = is_in_commit && is_out_of_memory(code);
    for (Work* work : taken) {
      if (base::proof::is_planted("neighbours_of_a_full_disk_acknowledged") && work != taken.back()) continue;
      const bool was_accepted = work->outcome.has_value();
      run_alone(*work);
      if (may_be_in_log && was_accepted && !work->outcome) tell_unknown(*work);
    }
    return;
  }
  Error answer = is_in_commit ? unknown(turn_off(error)) : error;
  if (base::proof::is_planted("failed_commit_told_as_not_applied")) answer = error;
  for (Work* work : taken) {
    // What our rules had refused before the commit is certainly not applied.
    if (!is_in_commit || work->outcome) work->outcome = std::unexpected(answer);
  }
}

void Writer::run_alone(Work& work) {
  if (off_) {
    work.outcome = std::unexpected(*off_);
    return;
  }
  if (auto begun = begin(); !begun) {
    work.outcome = std::unexpected(begun.error());
    return;
  }
  apply(work);
  if (!work.outcome || !applier_.has_written()) {
    roll_back();
    return;
  }
  if (auto written = applier_.write_pending(); !written) {
    work.outcome = std::unexpected(written.error());
    roll_back();
    return;
  }
  const auto committed = commit();
  if (committed) return;
  const int code = connection_->failure_code();
  roll_back();
  if (base::proof::is_planted("full_disk_told_as_stored")) return;
  work.outcome = std::unexpected(may_succeed_alone(code) ? committed.error() : unknown(turn_off(committed.error())));
  if (is_out_of_memory(code)) tell_unknown(work);
}

Error Writer::turn_off(const Error& cause) {
  if (base::proof::is_planted("writing_goes_on_after_a_failed_sync")) return cause;
  off_ = writing_off(cause);
  return *off_;
}

Error writing_off(const Error& cause) {
  return {.code = ErrorCode::kStorageFailed,
          .message = "this process writes no more to the store: " + cause.message,
          .advice =
              "look for the cause in the system's log, run `penny verify`, then restart this process; reading goes on",
          .field = "writing_is_off"};
}

}  // namespace penny::backend::sqlite
