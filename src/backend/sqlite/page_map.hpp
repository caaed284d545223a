#pragma once

// Pages of a database as bytes, and what the file's map of pointers says they are for.

#include <cstdint>
#include <string>

#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/free_space.hpp"

namespace penny::backend::sqlite {

// In a snapshot or transaction of the caller's. Empty if there is no such page.
[[nodiscard]] Result<std::string> read_page(Connection& connection, std::uint32_t page);

// Sets its free space to zeros, see `clear_free_space`.
bool clear_page(std::string& bytes, std::uint32_t page);

// For looking at pages one after the other; it keeps one page of the map. In one snapshot or transaction.
class PageMap {
 public:
  explicit PageMap(Connection& connection) : connection_(connection) {}
  // `kOther` for pages of the map itself.
  [[nodiscard]] Result<PageUse> use_of(std::uint32_t page);

 private:
  Connection& connection_;
  MapPlace known_;
  std::string bytes_;
};

}  // namespace penny::backend::sqlite
