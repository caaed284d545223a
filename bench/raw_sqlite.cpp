#include "bench/raw_sqlite.hpp"

#include <stdexcept>

#include <fmt/core.h>

namespace penny::bench {

Database::Database(const std::string& path) {
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path.c_str(), &handle_, kFlags, nullptr) != SQLITE_OK) {
    const std::string reason = handle_ == nullptr ? "no memory" : sqlite3_errmsg(handle_);
    sqlite3_close(handle_);
    throw std::runtime_error(fmt::format("opening {}: {}", path, reason));
  }
}

Database::~Database() { sqlite3_close(handle_); }

void Database::fail(std::string_view what) const {
  throw std::runtime_error(fmt::format("{}: {}", what, sqlite3_errmsg(handle_)));
}

void Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql);
}

Statement::Statement(Database& database, const char* sql) : database_(database) {
  if (sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) != SQLITE_OK) {
    database.fail(sql);
  }
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(statement_, ++parameter_, value);
  return *this;
}

Statement& Statement::bind(double value) {
  sqlite3_bind_double(statement_, ++parameter_, value);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  sqlite3_bind_text64(statement_, ++parameter_, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(std::span<const std::uint8_t> bytes) {
  sqlite3_bind_blob64(statement_, ++parameter_, bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind_null() {
  sqlite3_bind_null(statement_, ++parameter_);
  return *this;
}

int Statement::try_run() {
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(statement_);
  reset();
  return code;
}

void Statement::run() {
  if (try_run() != SQLITE_DONE) database_.fail(sqlite3_sql(statement_));
}

bool Statement::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail(sqlite3_sql(statement_));
  reset();
  return false;
}

void Statement::reset() {
  sqlite3_reset(statement_);
  parameter_ = 0;
}

std::string_view Statement::text(int column) const {
  const auto* letters = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return {letters == nullptr ? "" : letters, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::uint8_t> Statement::bytes(int column) const {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t integer_of(Database& database, const char* sql) {
  Statement statement(database, sql);
  const std::int64_t value = statement.next() ? statement.integer(0) : 0;
  statement.reset();
  return value;
}

}  // namespace penny::bench
