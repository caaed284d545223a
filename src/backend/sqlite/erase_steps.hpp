#pragma once

// What the steps of an erase do to the database. Each works until a moment given by its caller, in a transaction that the
// caller has begun, and can be left off and taken up again anywhere, by any process: all that it has to know is in the file.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"
#include "base/clock.hpp"
#include "base/sha256.hpp"

namespace penny::backend::sqlite {

// An erased user of whom something may be left.
struct UnfinishedErase {
  std::int64_t user = 0;   // the integer of the rows that go
  std::int64_t since = 0;  // microseconds since 1970
  std::uint64_t rows = 0;  // of the ledger that are left
};

// Reads, in a snapshot or transaction of the caller's or one of its own.
[[nodiscard]] Result<std::vector<UnfinishedErase>> unfinished_erases(Connection& connection);
// Their integers alone.
[[nodiscard]] Result<std::vector<std::int64_t>> unfinished_users(Connection& connection);
// Whether something may be left of the user with this name, as it was before its latest erase.
[[nodiscard]] Result<bool> is_erase_unfinished(Connection& connection, std::string_view name);
// Whether ids are remembered longer than they must be, at a time in microseconds since 1970; and whether there is that or an
// unfinished erase.
[[nodiscard]] Result<bool> has_expired_ids(Connection& connection, std::int64_t now);
[[nodiscard]] Result<bool> has_something_to_erase(Connection& connection, std::int64_t now);

// The ledger's last row; nothing if it is empty.
struct LastRow {
  std::uint64_t seq = 0;
  base::Digest digest{};
};
[[nodiscard]] Result<std::optional<LastRow>> last_row(Connection& connection);

struct Removed {
  std::uint64_t rows = 0;  // of the ledger
  bool is_all = false;     // nothing is left under this integer
};
// Removes rows of the ledger (their ids are remembered) and of the state tables.
Result<Removed> remove_rows(Connection& connection, std::int64_t user, base::Instant until);
// Nothing of these users is left.
Result<void> set_removed(Connection& connection, const std::vector<std::int64_t>& users);
// True: no id is left that is remembered longer than it must be.
Result<bool> remove_expired_ids(Connection& connection, std::int64_t now, base::Instant until);

// Free space that is not zero, see free_space.hpp. Looks from a page on, until the moment comes; `next` is 0 at the file's end.
struct Leftovers {
  std::vector<std::uint32_t> pages;
  std::uint32_t next = 0;
  std::uint32_t last_page = 0;  // of the file
};
[[nodiscard]] Result<Leftovers> find_leftovers(Connection& connection, std::uint32_t from, base::Instant until);
// Sets the free space of the last of these pages to zeros and takes them off, until the moment comes.
Result<void> clear_leftovers(Connection& connection, std::vector<std::uint32_t>& pages, base::Instant until);

}  // namespace penny::backend::sqlite
