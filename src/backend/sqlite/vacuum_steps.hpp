#pragma once

// Giving free pages back: a page of the file's end moves into a free one, and the file is a page shorter. The file itself is cut when
// all of the log is copied (a checkpoint). Files are made with `auto_vacuum=INCREMENTAL`, which is what makes this possible.

#include <cstdint>

#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"
#include "base/clock.hpp"

namespace penny::backend::sqlite {

// In pages, as of a snapshot or transaction of the caller's or one of its own.
struct FileSpace {
  std::uint64_t pages = 0;  // of the database, those of the log and the free ones included
  std::uint64_t free_pages = 0;
};
[[nodiscard]] Result<FileSpace> file_space(Connection& connection);

struct GivenBack {
  std::uint64_t pages = 0;
  bool is_all = false;  // no page is free any more
};
// Gives so many pages back, until the moment comes; at least some of them. Inside the caller's write transaction.
Result<GivenBack> give_back_pages(Connection& connection, std::uint64_t pages_max, base::Instant until);

// The same for some pages in a transaction of its own.
Result<void> give_back_a_portion(Connection& connection);

}  // namespace penny::backend::sqlite
