#include "backend/sqlite/vacuum_steps.hpp"

#include <chrono>

namespace penny::backend::sqlite {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kPages = "PRAGMA page_count";
constexpr const char* kFreePages = "PRAGMA freelist_count";
// A page takes some 30 us, more if it has to be looked for in a long list of free ones.
constexpr std::uint64_t kPagesAtOnce = 8;
constexpr const char* kGiveBack = "PRAGMA incremental_vacuum(8)";
constexpr const char* kGiveOneBack = "PRAGMA incremental_vacuum(1)";
constexpr const char* kGivePortionBack = "PRAGMA incremental_vacuum(256)";

}  // namespace

Result<FileSpace> file_space(Connection& connection) {
  const auto pages = connection.integer(kPages);
  if (!pages) return std::unexpected(pages.error());
  const auto free_pages = connection.integer(kFreePages);
  if (!free_pages) return std::unexpected(free_pages.error());
  return FileSpace{.pages = static_cast<std::uint64_t>(*pages), .free_pages = static_cast<std::uint64_t>(*free_pages)};
}

Result<GivenBack> give_back_pages(Connection& connection, std::uint64_t pages_max, base::Instant until) {
  GivenBack given;
  auto space = file_space(connection);
  if (!space) return std::unexpected(space.error());
  while (space->free_pages > 0 && given.pages < pages_max) {
    const std::uint64_t before = space->free_pages;
    const bool are_some_left = pages_max - given.pages >= kPagesAtOnce;
    if (auto done = connection.query(are_some_left ? kGiveBack : kGiveOneBack).run(); !done)
      return std::unexpected(done.error());
    space = file_space(connection);
    if (!space) return std::unexpected(space.error());
    if (space->free_pages >= before) break;
    given.pages += before - space->free_pages;
    if (Clock::now() >= until) break;
  }
  given.is_all = space->free_pages == 0;
  return given;
}

Result<void> give_back_a_portion(Connection& connection) { return connection.query(kGivePortionBack).run(); }

}  // namespace penny::backend::sqlite
