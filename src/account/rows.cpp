#include "account/rows.hpp"

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>

#include <fmt/core.h>
#include <sqlite3.h>

namespace penny::account {
namespace {

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
struct FinishStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

[[noreturn]] void fail(sqlite3* database, std::string_view what) {
  throw std::runtime_error(fmt::format("{}: {}", what, database == nullptr ? "no memory" : sqlite3_errmsg(database)));
}

// Calls `take` with the statement for each row.
template <class Take>
void each_row(sqlite3* database, const char* sql, Take take) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(database, sql, -1, &raw, nullptr) != SQLITE_OK) fail(database, sql);
  const Statement statement(raw);
  for (;;) {
    const int code = sqlite3_step(raw);
    if (code == SQLITE_DONE) return;
    if (code != SQLITE_ROW) fail(database, sql);
    take(raw);
  }
}

std::string_view bytes_of(sqlite3_stmt* row, int column) {
  const void* bytes = sqlite3_column_blob(row, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
  return bytes == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(bytes), size);
}

std::string text_of(sqlite3_stmt* row, int column) { return std::string(bytes_of(row, column)); }

std::uint64_t number_of(sqlite3_stmt* row, int column) {
  return static_cast<std::uint64_t>(sqlite3_column_int64(row, column));
}

Id id_of(sqlite3_stmt* row, int column) {
  Id id{};
  const std::string_view bytes = bytes_of(row, column);
  if (bytes.size() != id.size()) throw std::runtime_error("an operation id in the store is not 16 bytes long");
  std::memcpy(id.data(), bytes.data(), id.size());
  return id;
}

Value value_of(sqlite3_stmt* row, int column) {
  if (sqlite3_column_type(row, column) == SQLITE_TEXT) return text_of(row, column);
  return sqlite3_column_double(row, column);
}

Fingerprint fingerprint_of(std::string_view first, std::string_view second) {
  std::uint64_t hash = 14695981039346656037U;
  const auto add = [&hash](char byte) { hash = (hash ^ static_cast<std::uint8_t>(byte)) * 1099511628211U; };
  for (const char byte : first) add(byte);
  add('\x1f');
  for (const char byte : second) add(byte);
  return {hash, first.size(), second.size()};
}

Database open_read_only(const std::string& path) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READONLY, nullptr);
  Database database(raw);
  if (code != SQLITE_OK) fail(raw, path);
  sqlite3_busy_timeout(raw, 10'000);
  return database;
}

void run(sqlite3* database, const char* sql) {
  each_row(database, sql, [](sqlite3_stmt*) {});
}

}  // namespace

Rows read_rows(const std::string& path) {
  const Database database = open_read_only(path);
  sqlite3* const connection = database.get();
  Rows rows;
  each_row(connection, "PRAGMA journal_mode", [&](sqlite3_stmt* row) { rows.journal_mode = text_of(row, 0); });
  run(connection, "BEGIN");
  each_row(connection, "PRAGMA quick_check(1)", [&](sqlite3_stmt* row) { rows.integrity = text_of(row, 0); });
  each_row(connection, "SELECT count(*) FROM conversations",
           [&](sqlite3_stmt* row) { rows.conversations = number_of(row, 0); });
  each_row(
      connection,
      "SELECT user, rev, unhex(operation_id), kind, key, batch_first, batch_size FROM operations ORDER BY user, rev",
      [&](sqlite3_stmt* row) {
        rows.operations.push_back({text_of(row, 0), number_of(row, 1), id_of(row, 2), text_of(row, 3), text_of(row, 4),
                                   number_of(row, 5), number_of(row, 6)});
      });
  each_row(
      connection,
      "SELECT user, rev, unhex(turn_id), user_input, assistant_response, session, session_number FROM turns "
      "ORDER BY user, rev",
      [&](sqlite3_stmt* row) {
        rows.turns.push_back({text_of(row, 0), number_of(row, 1), id_of(row, 2),
                              fingerprint_of(bytes_of(row, 3), bytes_of(row, 4)), text_of(row, 5), number_of(row, 6)});
      });
  each_row(connection, "SELECT users.name, fact, text FROM facts JOIN users ON users.id = facts.user",
           [&](sqlite3_stmt* row) {
             rows.facts.push_back({text_of(row, 0), id_of(row, 1), fingerprint_of(bytes_of(row, 2), {})});
           });
  each_row(connection, "SELECT users.name, key, value, rev FROM preferences JOIN users ON users.id = preferences.user",
           [&](sqlite3_stmt* row) {
             rows.preferences.push_back(
                 {text_of(row, 0), text_of(row, 1), fingerprint_of(bytes_of(row, 2), {}), number_of(row, 3)});
           });
  each_row(connection,
           "SELECT users.name, dimensions.name, value, version, rev FROM dimensions "
           "JOIN users ON users.id = dimensions.user",
           [&](sqlite3_stmt* row) {
             rows.dimensions.push_back(
                 {text_of(row, 0), text_of(row, 1), value_of(row, 2), number_of(row, 3), number_of(row, 4)});
           });
  each_row(connection,
           "SELECT users.name, evolution.name, version, old_value, new_value, operation_id, rev FROM evolution "
           "JOIN users ON users.id = evolution.user ORDER BY users.name, evolution.name, version",
           [&](sqlite3_stmt* row) {
             rows.evolution.push_back({text_of(row, 0), text_of(row, 1), number_of(row, 2), value_of(row, 3),
                                       value_of(row, 4), id_of(row, 5), number_of(row, 6)});
           });
  run(connection, "ROLLBACK");
  return rows;
}

}  // namespace penny::account
