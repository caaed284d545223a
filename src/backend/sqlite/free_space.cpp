#include "backend/sqlite/free_space.hpp"

#include <algorithm>

#include "backend/sqlite/schema.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr std::size_t kInteriorIndex = 2;
constexpr std::size_t kInteriorTable = 5;
constexpr std::size_t kLeafIndex = 10;
constexpr std::size_t kLeafTable = 13;
constexpr std::size_t kLeafHeaderBytes = 8;
constexpr std::size_t kInteriorHeaderBytes = 12;
constexpr std::size_t kBlockHeaderBytes = 4;

constexpr std::size_t kMapEntryBytes = 5;
constexpr std::uint32_t kMapEntries = kPageSize / kMapEntryBytes;
// SQLite takes its locks there, and never uses the page.
constexpr std::uint32_t kLockPage = (1U << 30U) / kPageSize + 1;

std::size_t number_at(std::span<const std::uint8_t> page, std::size_t at) {
  return static_cast<std::size_t>(page[at]) << 8U | page[at + 1];
}

bool clear(std::span<std::uint8_t> bytes) {
  if (std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; })) return false;
  std::ranges::fill(bytes, std::uint8_t{0});
  return true;
}

}  // namespace

bool clear_free_space(std::span<std::uint8_t> page, std::size_t header_at) {
  if (page.size() < header_at + kInteriorHeaderBytes) return false;
  const std::size_t kind = page[header_at];
  const bool is_leaf = kind == kLeafIndex || kind == kLeafTable;
  if (!is_leaf && kind != kInteriorIndex && kind != kInteriorTable) return false;
  const std::size_t cells = number_at(page, header_at + 3);
  const std::size_t gap_begin = header_at + (is_leaf ? kLeafHeaderBytes : kInteriorHeaderBytes) + 2 * cells;
  const std::size_t written = number_at(page, header_at + 5);
  const std::size_t gap_end = written == 0 ? std::size_t{65536} : written;
  if (gap_begin > gap_end || gap_end > page.size()) return false;

  // The whole list is looked at before anything is changed.
  std::size_t end = gap_end;
  for (std::size_t block = number_at(page, header_at + 1); block != 0; block = number_at(page, block)) {
    if (block < end || block + kBlockHeaderBytes > page.size()) return false;
    end = block + number_at(page, block + 2);
    if (end < block + kBlockHeaderBytes || end > page.size()) return false;
  }
  bool has_changed = clear(page.subspan(gap_begin, gap_end - gap_begin));
  for (std::size_t block = number_at(page, header_at + 1); block != 0; block = number_at(page, block)) {
    const std::size_t size = number_at(page, block + 2);
    has_changed = clear(page.subspan(block + kBlockHeaderBytes, size - kBlockHeaderBytes)) || has_changed;
  }
  return has_changed;
}

MapPlace map_place(std::uint32_t page) {
  const std::uint32_t group = (page - 2) / (kMapEntries + 1);
  std::uint32_t map = group * (kMapEntries + 1) + 2;
  if (map == kLockPage) map += 1;
  if (page <= map) return {.page = page, .at = 0};
  return {.page = map, .at = kMapEntryBytes * (page - map - 1)};
}

}  // namespace penny::backend::sqlite
