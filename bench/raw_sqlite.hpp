#pragma once

// As little around SQLite as the rivals need: statements that are prepared once, errors that end the measurement.

#include <sqlite3.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace penny::bench {

// One connection. Used by one thread at a time.
class Database {
 public:
  explicit Database(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const std::string& sql);
  [[nodiscard]] sqlite3* handle() const { return handle_; }
  [[noreturn]] void fail(std::string_view what) const;

 private:
  sqlite3* handle_ = nullptr;
};

// Prepared once and run often. What is bound must live until the run is over. Does not outlive its `Database`.
class Statement {
 public:
  Statement(Database& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // In the order of the parameters; each run begins with the first.
  Statement& bind(std::int64_t value);
  Statement& bind(double value);
  Statement& bind(std::string_view text);
  Statement& bind(std::span<const std::uint8_t> bytes);
  Statement& bind_null();

  // SQLite's result of a run to the end: SQLITE_DONE if all went well.
  [[nodiscard]] int try_run();
  void run();

  // True with a row, whose columns are readable until the next call or `reset`; false at the end.
  [[nodiscard]] bool next();
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  [[nodiscard]] double real(int column) const { return sqlite3_column_double(statement_, column); }
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::span<const std::uint8_t> bytes(int column) const;

 private:
  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
  int parameter_ = 0;
};

// The one number that a query gives.
[[nodiscard]] std::int64_t integer_of(Database& database, const char* sql);

}  // namespace penny::bench
