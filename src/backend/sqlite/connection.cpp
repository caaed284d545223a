#include "backend/sqlite/connection.hpp"

#include <array>

#include <fmt/core.h>
#include <sqlite3.h>
#include <penny/version.hpp>

#include "backend/sqlite/log_writes.hpp"
#include "backend/sqlite/quiet_files.hpp"
#include "backend/sqlite/schema.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny {

std::string_view sqlite_version() { return sqlite3_libversion(); }

}  // namespace penny

namespace penny::backend::sqlite {
namespace {

// A second net only: our own processes queue at the gate and never meet SQLite's locks. A foreign program may hold the
// write lock; the committer then tries again, as long as its callers wait.
constexpr int kWriterBusyTimeoutMs = 100;
// A reader waits only while another connection recovers the log.
constexpr int kReaderBusyTimeoutMs = 2000;
constexpr int kInstructionsBetweenDeadlineChecks = 1000;

// SQLite does not tell a refusal from a want of descriptors.
constexpr const char* kPermissionAdvice =
    "check the owner and mode of the store and its folder, that the file system is not read-only, and that this "
    "process may "
    "open more files";

Error out_of_memory() {
  return {.code = ErrorCode::kStorageFailed,
          .message = "SQLite could not get memory",
          .advice = "free some memory and try again",
          .field = ""};
}

bool is_reader(ConnectionRole role) { return role == ConnectionRole::kReader || role == ConnectionRole::kQuietReader; }

// The typed error for what SQLite just refused on this connection.
Error storage_error(sqlite3* database, int code) {
  const int extended = database == nullptr ? code : sqlite3_extended_errcode(database);
  const std::string text = fmt::format("SQLite: {} (code {})",
                                       database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database), extended);
  // The file of shared memory cannot grow for want of space alone.
  const bool is_cut = extended == SQLITE_IOERR_SHORT_READ;  // the file ends before the page
  switch (extended == SQLITE_IOERR_SHMSIZE ? SQLITE_FULL : is_cut ? SQLITE_CORRUPT : code & 0xff) {
    case SQLITE_NOMEM:
      return out_of_memory();
    case SQLITE_FULL:
      return {.code = ErrorCode::kStorageFailed,
              .message = text,
              .advice = "make space on the disk and try again",
              .field = kFull};
    case SQLITE_ERROR:  // our statements are always the same, so the schema is not ours
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {.code = ErrorCode::kDamaged,
              .message = text,
              .advice = "run `penny verify`; restore a backup if it confirms the damage",
              .field = ""};
    case SQLITE_INTERRUPT:
      return {.code = ErrorCode::kSnapshotExpired,
              .message = "the read took longer than its deadline",
              .advice = "ask for less at once; a list goes on from its last key",
              .field = ""};
    case SQLITE_BUSY:
      return {.code = ErrorCode::kOverloaded,
              .message = text,
              .advice = "a program other than Penny holds the file; `penny doctor` shows what it can",
              .field = kBusy};
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
      return {.code = ErrorCode::kNoPermission, .message = text, .advice = kPermissionAdvice, .field = ""};
    default:
      return {.code = ErrorCode::kStorageFailed,
              .message = text,
              .advice = "look for disk errors in the system's log; then run `penny verify`",
              .field = ""};
  }
}

}  // namespace

Cursor::Cursor(Connection& connection, sqlite3_stmt* statement, int prepare_code)
    : connection_(connection), statement_(statement), code_(prepare_code) {}

Cursor::Cursor(Cursor&& other) noexcept
    : connection_(other.connection_), statement_(other.statement_), code_(other.code_), parameter_(other.parameter_) {
  other.statement_ = nullptr;
}

Cursor::~Cursor() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Cursor& Cursor::bind(std::int64_t value) {
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_int64(statement_, ++parameter_, value);
  return *this;
}

Cursor& Cursor::bind(double value) {
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_double(statement_, ++parameter_, value);
  return *this;
}

Cursor& Cursor::bind(std::string_view text) {
  // A null pointer would bind NULL; an empty text is not that.
  const char* bytes = text.empty() ? "" : text.data();
  if (code_ == SQLITE_OK)
    code_ = sqlite3_bind_text64(statement_, ++parameter_, bytes, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Cursor& Cursor::bind_blob(std::span<const std::uint8_t> bytes) {
  const void* start = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_blob64(statement_, ++parameter_, start, bytes.size(), SQLITE_STATIC);
  return *this;
}

Cursor& Cursor::bind_blob(std::string_view bytes) {
  return bind_blob(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
}

Cursor& Cursor::bind_null() {
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_null(statement_, ++parameter_);
  return *this;
}

Result<bool> Cursor::next() {
  if (code_ != SQLITE_OK) return std::unexpected(connection_.failed(code_));
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(connection_.failed(code));
}

Result<void> Cursor::run() {
  // Stepped to the end: a statement that is left in the middle has not done its work.
  for (;;) {
    const auto row = next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
  }
}

bool Cursor::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
bool Cursor::is_text(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_TEXT; }
std::int64_t Cursor::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Cursor::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string_view Cursor::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::uint8_t> Cursor::blob(int column) const {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, ConnectionRole role, LogSync log_sync) {
  std::unique_ptr<Connection> connection(new Connection());
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (is_reader(role)) flags |= SQLITE_OPEN_READONLY;
  if (role == ConnectionRole::kWriter) flags |= SQLITE_OPEN_READWRITE;
  if (role == ConnectionRole::kCreator) flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (role == ConnectionRole::kIndexWriter) flags |= SQLITE_OPEN_READWRITE;
  if (role == ConnectionRole::kScratch) flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
  const char* const file_system = role == ConnectionRole::kQuietReader ? quiet_file_system() : store_file_system();
  // A log that is not synced must not be gathered until it is.
  const bool is_gathered = role != ConnectionRole::kIndexWriter;
  const int code = sqlite3_open_v2(path.c_str(), &connection->database_, flags, is_gathered ? file_system : nullptr);
  if (code != SQLITE_OK) return std::unexpected(storage_error(connection->database_, code));
  if (auto ready = connection->set_up(role, log_sync); !ready) return std::unexpected(ready.error());
  return connection;
}

Result<void> Connection::set_up(ConnectionRole role, LogSync log_sync) {
  if (role == ConnectionRole::kScratch) return {};
  sqlite3_busy_timeout(database_, is_reader(role) ? kReaderBusyTimeoutMs : kWriterBusyTimeoutMs);
  for (const auto [option, value] :
       {std::array{SQLITE_DBCONFIG_DEFENSIVE, 1}, std::array{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        // Else a statement with ORDER BY and LIMIT is compiled anew at each use, to look at the bound values.
        std::array{SQLITE_DBCONFIG_ENABLE_QPSG, 1}, std::array{SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1}}) {
    // The last connection to close must neither copy nor delete the log: another process may be opening it.
    if (role == ConnectionRole::kCreator && option != SQLITE_DBCONFIG_TRUSTED_SCHEMA) continue;
    if (sqlite3_db_config(database_, option, value, nullptr) != SQLITE_OK) {
      return std::unexpected(storage_error(database_, SQLITE_ERROR));
    }
  }
  if (role == ConnectionRole::kCreator) {
    if (auto done = execute("PRAGMA page_size=4096; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL"); !done)
      return done;
  } else {
    int persist_wal = 1;
    sqlite3_file_control(database_, "main", SQLITE_FCNTL_PERSIST_WAL, &persist_wal);
  }
  // Before the first look at the file: then SQLite keeps the index of the log in memory of its own.
  if (role == ConnectionRole::kQuietReader) {
    if (auto done = execute("PRAGMA locking_mode=EXCLUSIVE"); !done) return done;
  }
  // The index's log is copied in small pieces: who syncs the store's log meanwhile waits for the disk behind them.
  // A writer's cache is small, since a commit in which pages were renumbered looks at each page of it (pcache1Truncate).
  const char* settings =
      role == ConnectionRole::kIndexWriter
          ? "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=200; PRAGMA cache_size=-16384; "
            "PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON; PRAGMA cell_size_check=ON"
      : is_reader(role)
          ? "PRAGMA query_only=ON; PRAGMA cache_size=-4096; PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON"
          : "PRAGMA synchronous=FULL; PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY; "
            "PRAGMA secure_delete=ON; PRAGMA wal_autocheckpoint=0; PRAGMA cell_size_check=ON";
  if (auto done = execute(settings); !done) return done;

  const auto mode = text("PRAGMA journal_mode");
  if (!mode) return std::unexpected(mode.error());
  if (*mode != "wal") {
    return base::fail(ErrorCode::kNotAStore,
                      fmt::format("the file's journal mode is \"{}\"; a store is always in WAL mode", *mode),
                      "run `penny verify`; another program changed it");
  }
  if (role == ConnectionRole::kIndexWriter) return {};
  if (!is_reader(role)) {
    // What it may not open for writing SQLite opens for reading, and says so only when it is to write.
    if (sqlite3_db_readonly(database_, "main") == 1) {
      return base::fail(ErrorCode::kNoPermission, "the database could be opened for reading only", kPermissionAdvice);
    }
    const auto synchronous = integer("PRAGMA synchronous");
    if (!synchronous) return std::unexpected(synchronous.error());
    if (*synchronous != 2) {
      return base::fail(ErrorCode::kStorageFailed,
                        fmt::format("synchronous is {} after it was set to FULL (2)", *synchronous),
                        "this build of SQLite cannot promise durability; rebuild Penny");
    }
  }
  if (!is_reader(role) && base::proof::is_planted("synchronous_normal")) (void)execute("PRAGMA synchronous=NORMAL");
  if (!is_reader(role) && base::proof::is_planted("synchronous_off")) (void)execute("PRAGMA synchronous=OFF");
  // After the first read, which recovers the log if that is needed.
  if (role != ConnectionRole::kCreator && log_sync == LogSync::kAtOpen) {
    if (auto synced = sync_log(); !synced) return synced;
  }
  sqlite3_wal_hook(
      database_,
      [](void* self, sqlite3*, const char*, int frames) {
        static_cast<Connection*>(self)->wal_frames_ = static_cast<std::uint32_t>(frames);
        return SQLITE_OK;
      },
      this);
  return {};
}

Result<void> Connection::sync_log() {
  if (base::proof::is_planted("log_not_synced_at_open")) return {};
  sqlite3_file* log = nullptr;
  const int found = sqlite3_file_control(database_, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
  if (found != SQLITE_OK || log == nullptr || log->pMethods == nullptr) return {};
  const int code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
  if (code == SQLITE_OK) return {};
  Error error = storage_error(nullptr, code);
  error.field = kLogSyncFailed;
  return std::unexpected(std::move(error));
}

Connection::~Connection() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

Cursor Connection::query(const char* sql) {
  auto& statement = statements_[sql];
  int code = SQLITE_OK;
  if (statement == nullptr)
    code = sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  return {*this, statement, code};
}

Result<void> Connection::execute(const char* sql) {
  const int code = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(failed(code));
  return {};
}

Result<std::int64_t> Connection::integer(const char* sql) {
  Cursor cursor = query(sql);
  const auto row = cursor.next();
  if (!row) return std::unexpected(row.error());
  return *row ? cursor.integer(0) : 0;
}

Result<std::string> Connection::text(const char* sql) {
  Cursor cursor = query(sql);
  const auto row = cursor.next();
  if (!row) return std::unexpected(row.error());
  return *row ? std::string(cursor.text(0)) : std::string();
}

bool Connection::is_in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }
std::uint64_t Connection::last_row_id() const {
  return static_cast<std::uint64_t>(sqlite3_last_insert_rowid(database_));
}
Error Connection::failed(int code) {
  failure_code_ = code;
  return storage_error(database_, code);
}

void Connection::interrupt() { sqlite3_interrupt(database_); }

void Connection::set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) {
  const bool had_deadline = deadline_.has_value();
  deadline_ = deadline;
  if (deadline_ && !had_deadline) {
    sqlite3_progress_handler(
        database_, kInstructionsBetweenDeadlineChecks,
        [](void* self) -> int {
          return std::chrono::steady_clock::now() > *static_cast<Connection*>(self)->deadline_ ? 1 : 0;
        },
        this);
  } else if (!deadline_ && had_deadline) {
    sqlite3_progress_handler(database_, 0, nullptr, nullptr);
  }
}

std::optional<std::uint32_t> Connection::data_version() const {
  std::uint32_t version = 0;
  if (sqlite3_file_control(database_, "main", SQLITE_FCNTL_DATA_VERSION, &version) != SQLITE_OK) return std::nullopt;
  return version;
}

bool Connection::has_moved() const {
  int has_moved = 0;
  return sqlite3_file_control(database_, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) != SQLITE_OK || has_moved != 0;
}

bool Connection::has_sync_failed() const { return failure_code_ == SQLITE_IOERR_FSYNC; }

Result<Connection::Checkpoint> Connection::checkpoint_passive() { return checkpoint(SQLITE_CHECKPOINT_PASSIVE); }

Result<Connection::Checkpoint> Connection::checkpoint_restart(std::chrono::milliseconds wait) {
  return checkpoint(SQLITE_CHECKPOINT_RESTART, wait);
}

Result<Connection::Checkpoint> Connection::checkpoint_truncate(std::chrono::milliseconds wait) {
  return checkpoint(SQLITE_CHECKPOINT_TRUNCATE, wait);
}

Result<Connection::Checkpoint> Connection::checkpoint(int mode, std::chrono::milliseconds wait) {
  sqlite3_busy_timeout(database_, static_cast<int>(wait.count()));
  auto done = checkpoint(mode);
  sqlite3_busy_timeout(database_, kWriterBusyTimeoutMs);
  return done;
}

Result<Connection::Checkpoint> Connection::checkpoint(int mode) {
  int frames = -1;  // SQLite leaves it so if it did not come that far
  int copied = 0;
  if (base::proof::is_planted("checkpoint_without_sync")) (void)execute("PRAGMA synchronous=OFF");
  const int code = sqlite3_wal_checkpoint_v2(database_, "main", mode, &frames, &copied);
  if (base::proof::is_planted("checkpoint_without_sync")) (void)execute("PRAGMA synchronous=FULL");
  // Busy: another process copies right now, which does as well, or readers stayed.
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) return std::unexpected(failed(code));
  if (frames >= 0) wal_frames_ = static_cast<std::uint32_t>(frames);
  return Checkpoint{.wal_frames = static_cast<std::uint32_t>(frames < 0 ? 0 : frames),
                    .copied_frames = static_cast<std::uint32_t>(copied < 0 ? 0 : copied),
                    .is_restarted = mode != SQLITE_CHECKPOINT_PASSIVE && code == SQLITE_OK};
}

}  // namespace penny::backend::sqlite
