#include "backend/sqlite/page_map.hpp"

#include <span>
#include <utility>

namespace penny::backend::sqlite {
namespace {

constexpr std::size_t kPageOneHeaderAt = 100;
constexpr const char* kPage = "SELECT data FROM sqlite_dbpage WHERE pgno = ?";

}  // namespace

Result<std::string> read_page(Connection& connection, std::uint32_t page) {
  Cursor cursor = connection.query(kPage);
  const auto found = cursor.bind(std::int64_t{page}).next();
  if (!found) return std::unexpected(found.error());
  const auto bytes = *found ? cursor.blob(0) : std::span<const std::uint8_t>();
  return std::string(bytes.begin(), bytes.end());
}

bool clear_page(std::string& bytes, std::uint32_t page) {
  const std::span all(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size());
  return clear_free_space(all, page == 1 ? kPageOneHeaderAt : 0);
}

Result<PageUse> PageMap::use_of(std::uint32_t page) {
  if (page <= 1) return PageUse::kRoot;  // of the table of names, which the map leaves out
  const MapPlace place = map_place(page);
  if (place.page == page) return PageUse::kOther;
  if (place.page != known_.page) {
    auto read = read_page(connection_, place.page);
    if (!read) return std::unexpected(read.error());
    bytes_ = std::move(*read);
    known_ = place;
  }
  return place.at < bytes_.size() ? static_cast<PageUse>(bytes_[place.at]) : PageUse::kOther;
}

}  // namespace penny::backend::sqlite
