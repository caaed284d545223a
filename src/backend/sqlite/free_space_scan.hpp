#pragma once

// What the free space of a file holds, for `verify`. With `secure_delete` SQLite writes zeros over what it frees; erasing looks at the
// free space of b-tree pages as well (free_space.hpp). A page of the list of free ones is all zeros, or numbers of pages.

#include <cstdint>

#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"
#include "base/clock.hpp"

namespace penny::backend::sqlite {

struct FreeSpaceScan {
  std::uint32_t next = 1;  // page to look at next; 0: all were looked at
  std::uint32_t last_page = 0;
  std::uint64_t free_pages = 0;
  std::uint64_t free_pages_with_content = 0;
  std::uint64_t pages_with_copies = 0;
};

// Goes on with the scan, in one snapshot, until the moment comes.
Result<void> scan_free_space(Connection& connection, FreeSpaceScan& scan, base::Instant until);

}  // namespace penny::backend::sqlite
