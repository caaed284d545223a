#pragma once

// One connection to the bundled SQLite, and its prepared statements.
//
// 1. A connection is used by one thread at a time (SQLITE_THREADSAFE=2); whoever holds it may hand it on. Only
//    `interrupt` may be called by another thread, while the connection is open.
// 2. A statement is reset before its connection does anything else: `Cursor` does it when it goes out of scope, so
//    no snapshot outlives the function that read it.
// 3. Every connection takes its file locks as open-file-description locks (see ofd_locks.hpp), and what it was asked
//    to use is read back before it is used.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include <penny/error.hpp>

struct sqlite3;
struct sqlite3_stmt;

namespace penny::backend::sqlite {

class Connection;

// One execution of a prepared statement. Bound texts and blobs must live until it goes out of scope.
class Cursor {
 public:
  Cursor(Connection& connection, sqlite3_stmt* statement, int prepare_code);
  Cursor(Cursor&& other) noexcept;
  Cursor& operator=(Cursor&&) = delete;
  Cursor(const Cursor&) = delete;
  ~Cursor();

  // Binds the next parameter.
  Cursor& bind(std::int64_t value);
  // Revs and the like: a value beyond SQLite's integers, which only a caller's key can be, is the largest of them.
  Cursor& bind(std::uint64_t value) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    return bind(static_cast<std::int64_t>(std::min(value, kMost)));
  }
  Cursor& bind(double value);
  Cursor& bind(std::string_view text);
  Cursor& bind_blob(std::span<const std::uint8_t> bytes);
  Cursor& bind_blob(std::string_view bytes);
  Cursor& bind_null();
  Cursor& bind(const std::optional<std::string>& text) { return text ? bind(std::string_view(*text)) : bind_null(); }

  // True: there is a row. False: done.
  Result<bool> next();
  // For statements without rows.
  Result<void> run();

  // Columns of the current row, from 0. Views live until the next `next`.
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] bool is_text(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::uint64_t unsigned_integer(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::span<const std::uint8_t> blob(int column) const;

 private:
  Connection& connection_;
  sqlite3_stmt* statement_;
  int code_;  // the first failure of preparing or binding
  int parameter_ = 0;
};

// `kQuietReader` reads a store that nobody has open, and makes and locks nothing: quiet_files.hpp. `kIndexWriter` writes derived
// data, which need not survive a power cut: its commits are not synced. `kScratch` is a database in memory.
enum class ConnectionRole : std::uint8_t { kWriter, kReader, kQuietReader, kCreator, kIndexWriter, kScratch };

// Whether opening syncs the log, see `Connection::open`. Never again once a sync of it failed in this process: the kernel may have
// dropped what it could not write, and the next sync would say that all is well.
enum class LogSync : std::uint8_t { kAtOpen, kNever };
inline constexpr const char* kLogSyncFailed = "log_sync";
// The field of an error: somebody else holds one of SQLite's locks for longer than this connection waits. No caller is told that
// before its own deadline.
inline constexpr const char* kBusy = "busy";
// `Error::field` of a disk that is full.
inline constexpr const char* kFull = "full";

class Connection {
 public:
  // Opens and sets up a connection to an existing file in WAL mode (kCreator: to a new file, which is switched to WAL). Then
  // syncs the log: a process that was killed between write and sync left commits that are read from now on, if this opening
  // recovered the log, and a power cut must not take away what was read, or what a retry is told. All that becomes readable
  // while this connection is open was synced by its writer. If that sync fails, the error's field is `kLogSyncFailed`, and this
  // process must not write to the store any more.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const std::string& path, ConnectionRole role,
                                                                LogSync log_sync = LogSync::kAtOpen);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // `sql` must be a constant: statements are kept by its address.
  [[nodiscard]] Cursor query(const char* sql);
  // Runs statements without rows and without parameters; not kept.
  Result<void> execute(const char* sql);
  // One integer or text of one row.
  Result<std::int64_t> integer(const char* sql);
  Result<std::string> text(const char* sql);

  // True while a transaction is open. SQLite ends one by itself after some errors, so it is asked, never remembered.
  [[nodiscard]] bool is_in_transaction() const;
  // The key of the row that this connection inserted last.
  [[nodiscard]] std::uint64_t last_row_id() const;
  // SQLite's extended code of the latest failure on this connection since `forget_failure`; 0: none.
  [[nodiscard]] int failure_code() const { return failure_code_; }
  void forget_failure() { failure_code_ = 0; }
  // That failure was of a sync, which must not be tried again.
  [[nodiscard]] bool has_sync_failed() const;

  // From any thread: what runs now ends with `kSnapshotExpired`. The connection must stay open meanwhile.
  void interrupt();
  // Statements that run past it end with `kSnapshotExpired`. None: no limit.
  void set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline);

  // SQLite's count of what this connection knows to have happened to the file: its own commits and rollbacks, and, once a
  // transaction has begun, that others committed. Nothing if SQLite does not tell.
  [[nodiscard]] std::optional<std::uint32_t> data_version() const;

  // Frames in the write-ahead log after this connection's last commit or checkpoint; 0 before the first.
  [[nodiscard]] std::uint32_t wal_frames() const { return wal_frames_; }

  struct Checkpoint {
    std::uint32_t wal_frames = 0;
    std::uint32_t copied_frames = 0;
    bool is_restarted = false;  // the next commit begins the log anew
  };
  // Copies what no reader needs to stay in the log (PASSIVE): neither waits nor makes anybody wait.
  Result<Checkpoint> checkpoint_passive();
  // Copies all of it, and waits until nobody reads from the log any more, so that the next commit begins it anew (RESTART).
  // Blocks for at most `wait`, apart from copying; if readers stay longer, it is as if it had been PASSIVE.
  Result<Checkpoint> checkpoint_restart(std::chrono::milliseconds wait);
  // The same, and the file of the log is empty then (TRUNCATE); that is not synced. The counts of frames are 0 if so.
  Result<Checkpoint> checkpoint_truncate(std::chrono::milliseconds wait);

  // The file that this connection has open is no longer the one of its name.
  [[nodiscard]] bool has_moved() const;

  // Whether the function of fts_hits.hpp was added.
  [[nodiscard]] bool has_search_function() const { return has_search_function_; }
  void set_has_search_function() { has_search_function_ = true; }

  [[nodiscard]] sqlite3* handle() const { return database_; }

 private:
  friend class Cursor;
  Connection() = default;
  // The error for a code that SQLite returned, which is remembered: later calls overwrite what SQLite itself remembers.
  Error failed(int code);
  Result<void> set_up(ConnectionRole role, LogSync log_sync);
  Result<void> sync_log();
  Result<Checkpoint> checkpoint(int mode);
  Result<Checkpoint> checkpoint(int mode, std::chrono::milliseconds wait);

  sqlite3* database_ = nullptr;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  std::uint32_t wal_frames_ = 0;
  int failure_code_ = 0;
  bool has_search_function_ = false;
};

}  // namespace penny::backend::sqlite
