#pragma once

// The rows of dimensions that one writing connection works on. In a group commit many requests raise the same dimension;
// its row is loaded once and written once for all of them, and stays known until another connection commits.
//
// 1. What is not written yet is written before COMMIT, before a savepoint, and before anybody else reads the table in this
//    transaction: `write`.
// 2. After a rollback, also of a savepoint, and when another connection has committed, nothing remembered counts: `forget`.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/state.hpp"

namespace penny::backend::sqlite {

class DimensionRows {
 public:
  explicit DimensionRows(Connection& connection) : connection_(connection) {}

  [[nodiscard]] Result<std::optional<DimensionRow>> load(std::int64_t user, const std::string& name);
  void save(std::int64_t user, const std::string& name, DimensionRow row);
  Result<void> write();
  void forget();

 private:
  struct Known {
    DimensionRow row;
    bool is_written = true;
  };
  Connection& connection_;
  std::map<std::pair<std::int64_t, std::string>, Known> known_;
  bool is_all_written_ = true;
};

}  // namespace penny::backend::sqlite
