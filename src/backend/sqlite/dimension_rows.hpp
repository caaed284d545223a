#pragma once

// The rows of dimensions that one writing connection works on, and of what was learned of them. In a group commit many requests
// raise the same dimension; its rows are loaded once and written once for all of them, and stay known until another connection
// commits.
//
// 1. What is not written yet is written before COMMIT, before a savepoint, and before anybody else reads the tables in this
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
  [[nodiscard]] Result<std::optional<rules::Learned>> load_learned(std::int64_t user, const std::string& name);
  void save_learned(std::int64_t user, const std::string& name, const rules::Learned& row);
  Result<void> write();
  void forget();

 private:
  template <class Row>
  struct Known {
    Row row;
    bool is_written = true;
  };
  template <class Row>
  using KnownRows = std::map<std::pair<std::int64_t, std::string>, Known<Row>>;
  Connection& connection_;
  KnownRows<DimensionRow> known_;
  KnownRows<rules::Learned> known_learned_;
  bool is_all_written_ = true;
};

}  // namespace penny::backend::sqlite
