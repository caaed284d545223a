#pragma once

#include <cstdint>
#include <string_view>

#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"

namespace penny::backend::sqlite {

// One read transaction; ended when it goes out of scope. Cursors of its connection must be gone by then.
class Snapshot {
 public:
  [[nodiscard]] static Result<Snapshot> begin(Connection& connection);
  Snapshot(Snapshot&& other) noexcept;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  Snapshot& operator=(Snapshot&&) = delete;
  ~Snapshot();

  struct User {
    std::int64_t id = 0;  // 0: never wrote anything
    std::uint64_t rev = 0;
    std::uint64_t last_turn = 0;
  };
  // The user's integer and the head of the user's chain.
  [[nodiscard]] Result<User> user(std::string_view name);

 private:
  explicit Snapshot(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace penny::backend::sqlite
