// The change feed, which is the ledger itself.

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>

#include "backend/sqlite/ledger.hpp"
#include "backend/sqlite/reads.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kChanges =
    "SELECT " PENNY_LEDGER_COLUMNS " FROM ledger WHERE user = ? AND rev > ? ORDER BY rev LIMIT ?";
constexpr const char* kAllChanges = "SELECT " PENNY_LEDGER_COLUMNS " FROM ledger WHERE seq > ? ORDER BY seq";
// Rows of an erased user that are there yet are passed over; so many end a page, which may be empty.
constexpr std::size_t kPassedOverMax = 10'000;
constexpr int kUserColumn = 1;
constexpr const char* kLastSeq = "SELECT coalesce(max(seq), 0) FROM ledger";
// An erased user has no name until he writes again.
constexpr const char* kUserName =
    "SELECT name FROM users WHERE id = ?1 UNION ALL SELECT '' FROM erasures WHERE user = ?1";
constexpr const char* kDigestAt = "SELECT digest FROM ledger WHERE seq = ?";

}  // namespace

Result<Page<Change>> changes(Connection& connection, std::string_view user, std::uint64_t since, std::size_t limit) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  Page<Change> page{.rev = found->rev, .items = {}, .next = {}};
  if (found->rev <= since) return page;
  Cursor cursor = connection.query(kChanges);
  cursor.bind(found->id).bind(since).bind(std::uint64_t{limit});
  for (;;) {
    const auto next = cursor.next();
    if (!next) return std::unexpected(next.error());
    if (!*next) break;
    auto row = read_row(cursor);
    if (!row) return std::unexpected(row.error());
    auto change = change_of(*row, user);
    if (!change) return std::unexpected(change.error());
    page.items.push_back(std::move(*change));
  }
  if (!page.items.empty() && page.items.back().rev < page.rev) page.next = page.items.back().rev;
  return page;
}

Result<Page<Change>> all_changes(Connection& connection, std::uint64_t since, std::size_t limit) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto last = connection.integer(kLastSeq);
  if (!last) return std::unexpected(last.error());
  Page<Change> page{.rev = static_cast<std::uint64_t>(*last), .items = {}, .next = {}};
  std::unordered_map<std::int64_t, std::optional<std::string>> names;
  Cursor cursor = connection.query(kAllChanges);
  if (since > 0 && base::proof::is_planted("feed_repeats_a_row")) since -= 1;
  cursor.bind(since);
  std::uint64_t seen = page.rev;
  for (std::size_t passed_over = 0; page.items.size() < limit && passed_over < kPassedOverMax;) {
    const auto next = cursor.next();
    if (!next) return std::unexpected(next.error());
    if (!*next) break;
    const auto [name, is_new] = names.try_emplace(cursor.integer(kUserColumn));
    if (is_new) {
      Cursor user = connection.query(kUserName);
      const auto found = user.bind(name->first).next();
      if (!found) return std::unexpected(found.error());
      if (*found) name->second = std::string(user.text(0));
    }
    seen = cursor.unsigned_integer(0);
    if (!name->second) {
      passed_over += 1;
      continue;
    }
    auto row = read_row(cursor);
    if (!row) return std::unexpected(row.error());
    auto change = change_of(*row, *name->second);
    if (!change) return std::unexpected(change.error());
    page.items.push_back(std::move(*change));
  }
  if (seen < page.rev) page.next = seen;
  return page;
}

Result<std::optional<base::Digest>> digest_at(Connection& connection, std::uint64_t seq) {
  Cursor cursor = connection.query(kDigestAt);
  const auto found = cursor.bind(seq).next();
  if (!found) return std::unexpected(found.error());
  base::Digest digest{};
  if (!*found || cursor.blob(0).size() != digest.size()) return std::optional<base::Digest>();
  std::ranges::copy(cursor.blob(0), digest.begin());
  return std::optional(digest);
}

}  // namespace penny::backend::sqlite
