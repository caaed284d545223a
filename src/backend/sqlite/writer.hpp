#pragma once

// The one writing connection of a store in this process, and the rules for a transaction that is gone.
//
// 1. Used only by whoever is inside the gate.
// 2. An outcome other than a refusal is set only after COMMIT returned OK with synchronous=FULL; so what is
//    acknowledged is durable.
// 3. SQLite drops the whole transaction after some errors, with the work of neighbours whose savepoints were
//    released long before. Then nothing that was computed in it counts, not even an "already stored", which may have
//    seen a neighbour's row. Out of space, out of memory, or the fault of one request: each piece runs once more,
//    alone, so that only the culprit is refused. An I/O error before COMMIT: all are refused. An I/O error in COMMIT:
//    nobody knows, so all are `kUnknown`, and this store writes no more: a failed fsync must never be tried again,
//    because the kernel may have dropped the pages it could not write.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <penny/error.hpp>

#include "backend/sqlite/apply.hpp"
#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/same_files.hpp"
#include "backend/sqlite/store_file.hpp"
#include "backend/work.hpp"

namespace penny::backend::sqlite {

// Why a store writes no more after this cause.
[[nodiscard]] Error writing_off(const Error& cause);

class Writer {
 public:
  // The database must be the one of `file`; its log is from then on the one that is found now.
  // `user_bytes_max`: see `OpenOptions`.
  [[nodiscard]] static Result<std::unique_ptr<Writer>> open(const StoreFile& file,
                                                            std::optional<std::uint64_t> user_bytes_max);

  // Runs one transaction over what `take` gives, until it gives nothing. An error means that nothing was taken: the
  // transaction could not begin (`kOverloaded`, field "busy": a foreign program holds the lock; try again).
  Result<void> run(const TakeWork& take);

  // One transaction that changes no user's operations: a step of an erase. What it did counts only if this succeeds.
  using Step = std::function<Result<void>(Connection&)>;
  Result<void> run_step(const Step& step);

  // See `Connection::checkpoint_passive` and `checkpoint_restart`. After a failed fsync this store writes no more, here as in
  // a COMMIT.
  Result<Connection::Checkpoint> checkpoint();
  Result<Connection::Checkpoint> checkpoint_and_restart(std::chrono::milliseconds wait);
  Result<Connection::Checkpoint> checkpoint_and_truncate(std::chrono::milliseconds wait);

  // The last row of what the last `run` committed; nothing if it wrote nothing.
  [[nodiscard]] const std::optional<LedgerTail>& committed_tail() const { return committed_tail_; }
  // Why this store writes no more.
  [[nodiscard]] const std::optional<Error>& writing_is_off() const { return off_; }

  [[nodiscard]] Connection& connection() { return *connection_; }
  [[nodiscard]] const Connection& connection() const { return *connection_; }

 private:
  Writer(std::unique_ptr<Connection> connection, const StoreFile& file, std::optional<std::uint64_t> user_bytes_max);

  Result<void> begin();
  Result<void> check_schema();
  void apply(Work& work);
  Result<void> commit();
  void roll_back();
  void settle_failure(std::vector<Work*>& taken, const Error& error, bool is_in_commit);
  void run_alone(Work& work);
  Result<Connection::Checkpoint> checkpointed(Result<Connection::Checkpoint> done);
  Error turn_off(const Error& cause);

  std::unique_ptr<Connection> connection_;
  const StoreFile file_;
  SameFiles same_files_{file_};
  Applier applier_;
  std::optional<LedgerTail> committed_tail_;
  std::optional<std::uint32_t> version_after_commit_;  // see `Connection::data_version`
  std::optional<Error> off_;
};

}  // namespace penny::backend::sqlite
