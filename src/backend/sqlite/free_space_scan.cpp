#include "backend/sqlite/free_space_scan.hpp"

#include <chrono>
#include <string>
#include <string_view>

#include "backend/sqlite/page_map.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

using Clock = std::chrono::steady_clock;

// No file has so many pages (1 TiB): four bytes of text or of a random number are more, all but never less.
constexpr unsigned char kNumberFirstByteMax = 0x0f;

bool has_content(std::string_view page) {
  if (base::proof::is_planted("deep_verify_skips_free_pages")) return false;
  for (std::size_t at = 0; at < page.size(); at += 4) {
    if (static_cast<unsigned char>(page[at]) > kNumberFirstByteMax) return true;
  }
  return false;
}

}  // namespace

Result<void> scan_free_space(Connection& connection, FreeSpaceScan& scan, base::Instant until) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto last = connection.integer("PRAGMA page_count");
  if (!last) return std::unexpected(last.error());
  scan.last_page = static_cast<std::uint32_t>(*last);
  PageMap map(connection);
  for (; scan.next <= scan.last_page; ++scan.next) {
    if (Clock::now() >= until) return {};
    const auto use = map.use_of(scan.next);
    if (!use) return std::unexpected(use.error());
    const bool is_free = *use == PageUse::kFree;
    if (!is_free && *use != PageUse::kRoot && *use != PageUse::kTree) continue;
    auto bytes = read_page(connection, scan.next);
    if (!bytes) return std::unexpected(bytes.error());
    if (is_free) {
      scan.free_pages += 1;
      if (has_content(*bytes)) scan.free_pages_with_content += 1;
    } else if (clear_page(*bytes, scan.next)) {
      scan.pages_with_copies += 1;
    }
  }
  scan.next = 0;
  return {};
}

}  // namespace penny::backend::sqlite
