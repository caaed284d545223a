#include "backend/sqlite/writer.hpp"

#include <utility>

#include <fmt/core.h>
#include <sqlite3.h>

#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kBegin = "BEGIN IMMEDIATE";
constexpr const char* kCommit = "COMMIT";
constexpr const char* kRollback = "ROLLBACK";
constexpr const char* kSavepoint = "SAVEPOINT request";
constexpr const char* kRollbackToSavepoint = "ROLLBACK TO request";
constexpr const char* kRelease = "RELEASE request";

// The fault of one request, or of all of them together, rather than of the disk.
bool may_succeed_alone(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
    case SQLITE_CONSTRAINT:
      return true;
    default:
      return code == SQLITE_IOERR_NOMEM;
  }
}

Error unknown(const Error& cause) {
  return {.code = ErrorCode::kUnknown,
          .message = "the commit failed half way, so it may or may not be stored: " + cause.message,
          .advice = "retry with the same operation id; after a restart of this process that settles it",
          .field = ""};
}

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, const StoreFile& file)
    : connection_(std::move(connection)), file_(file), applier_(*connection_, file.store_id) {}

Result<std::unique_ptr<Writer>> Writer::open(const StoreFile& file) {
  auto connection = Connection::open(file.paths.database, ConnectionRole::kWriter);
  if (!connection) return std::unexpected(connection.error());
  // While no connection was open, another SQLite may have emptied the log and made it anew. From now on it cannot.
  StoreFile current = file;
  current.wal = identity_of(file.paths.wal).value_or(file.wal);
  if (auto same = current.check_same_files(); !same) return std::unexpected(same.error());
  return std::unique_ptr<Writer>(new Writer(std::move(*connection), current));
}

Result<void> Writer::run(const TakeWork& take) {
  committed_tail_.reset();
  if (off_) return std::unexpected(*off_);
  if (auto same = file_.check_same_files(); !same) return std::unexpected(turn_off(same.error()));
  if (auto begun = begin(); !begun) return begun;

  base::proof::reach("writer.begun");
  std::vector<Work*> taken;
  while (Work* work = take()) {
    taken.push_back(work);
    apply(*work);
    base::proof::reach("writer.between_requests");
    if (connection_->failure_code() != 0) {
      settle_failure(taken, Error(work->outcome.error()), false);
      return {};
    }
  }
  if (!applier_.has_written()) {
    roll_back();
    return {};
  }
  if (auto committed = commit(); !committed) {
    settle_failure(taken, committed.error(), true);
    return {};
  }
  if (auto same = file_.check_same_files(); !same) {
    const Error off = turn_off(same.error());
    for (Work* work : taken) {
      if (work->outcome) work->outcome = std::unexpected(unknown(off));
    }
  }
  return {};
}

Result<void> Writer::begin() {
  connection_->forget_failure();
  if (auto begun = connection_->query(kBegin).run(); !begun) return begun;
  const auto version = connection_->data_version();
  applier_.begin_transaction(!version || version != version_after_commit_);
  return {};
}

// Refused by our own rules, a request leaves the transaction as if it had never come. Refused by SQLite, it may have
// taken the transaction with it: the caller looks at the connection's failure code.
void Writer::apply(Work& work) {
  if (auto done = connection_->query(kSavepoint).run(); !done) {
    work.outcome = std::unexpected(done.error());
    return;
  }
  work.outcome = applier_.apply(*work.batch);
  if (!work.outcome) {
    if (connection_->failure_code() != 0) return;
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
  base::proof::reach("writer.before_commit");
  if (auto done = connection_->query(kCommit).run(); !done) return done;
  base::proof::reach("writer.committed");
  applier_.transaction_committed();
  version_after_commit_ = connection_->data_version();
  committed_tail_ = tail;
  return {};
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
    for (Work* work : taken) run_alone(*work);
    return;
  }
  const Error answer = is_in_commit ? unknown(turn_off(error)) : error;
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
  const auto committed = commit();
  if (committed) return;
  const int code = connection_->failure_code();
  roll_back();
  work.outcome = std::unexpected(may_succeed_alone(code) ? committed.error() : unknown(turn_off(committed.error())));
}

Error Writer::turn_off(const Error& cause) {
  off_ = Error{
      .code = ErrorCode::kStorageFailed,
      .message = "this process writes no more to the store: " + cause.message,
      .advice =
          "look for the cause in the system's log, run `penny verify`, then restart this process; reading goes on",
      .field = "writing_is_off"};
  return *off_;
}

}  // namespace penny::backend::sqlite
