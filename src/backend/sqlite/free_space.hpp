#pragma once

// What a page of SQLite's holds besides its cells. With `secure_delete` SQLite overwrites what it deletes, but not the
// copies of living cells that stay behind when it balances a tree (`rebuildPage`: the gap in front of the cells keeps what
// stood there). Such a copy outlives its cell's deletion elsewhere. The file's format: https://sqlite.org/fileformat2.html

#include <cstddef>
#include <cstdint>
#include <span>

namespace penny::backend::sqlite {

// Sets the free space of a b-tree page to zeros: the gap in front of its cells, and the free blocks between them but for
// their four bytes of administration. True if anything else stood there. A page that is none, or contradicts itself, stays as
// it is. Pieces of at most three bytes, which belong to no free block, are not looked at. `header_at`: 100 for page 1, else 0.
bool clear_free_space(std::span<std::uint8_t> page, std::size_t header_at);

// What the file's map of pointers says of a page.
enum class PageUse : std::uint8_t { kRoot = 1, kFree = 2, kFirstOverflow = 3, kOverflow = 4, kTree = 5, kOther = 0 };

// The page that maps the given one (2 or more), and the place of its entry there. The page maps itself if it is such a page.
struct MapPlace {
  std::uint32_t page = 0;
  std::size_t at = 0;
};
[[nodiscard]] MapPlace map_place(std::uint32_t page);

}  // namespace penny::backend::sqlite
