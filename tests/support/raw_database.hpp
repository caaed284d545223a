#pragma once

// A store's file as plain SQL sees it, with the same SQLite that the store uses, to look at it and to damage it.

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "backend/sqlite/ofd_locks.hpp"

namespace penny::test {

class RawDatabase {
 public:
  // Makes the file if it is not there.
  explicit RawDatabase(const std::string& path) {
    backend::sqlite::install_ofd_locks();
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    database_.reset(opened);
    if (code != SQLITE_OK) throw std::runtime_error("cannot open " + path);
    run("PRAGMA synchronous=OFF");
  }

  // Runs statements, and returns the rows of all of them as text.
  std::vector<std::vector<std::string>> rows(const std::string& sql) {
    std::vector<std::vector<std::string>> found;
    char* message = nullptr;
    const int code = sqlite3_exec(database_.get(), sql.c_str(), add_row, &found, &message);
    const std::string why = message == nullptr ? "" : message;
    sqlite3_free(message);
    if (code != SQLITE_OK) throw std::runtime_error(sql + ": " + why);
    return found;
  }
  void run(const std::string& sql) { (void)rows(sql); }
  // The first column of the first row.
  std::string text(const std::string& sql) { return rows(sql).at(0).at(0); }
  [[nodiscard]] int changed_rows() const { return sqlite3_changes(database_.get()); }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
  };
  static int add_row(void* rows, int columns, char** values, char**) {
    auto& row = static_cast<std::vector<std::vector<std::string>>*>(rows)->emplace_back();
    for (int i = 0; i < columns; ++i) row.emplace_back(values[i] == nullptr ? "NULL" : values[i]);
    return 0;
  }

  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace penny::test
