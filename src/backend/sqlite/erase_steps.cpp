#include "backend/sqlite/erase_steps.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include <fmt/core.h>
#include <sqlite3.h>

#include "backend/sqlite/erasures.hpp"
#include "backend/sqlite/ledger.hpp"
#include "backend/sqlite/page_map.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kRowsAtOnce = 32;

constexpr const char* kUnfinished =
    "SELECT user, since, (SELECT count(*) FROM ledger WHERE ledger.user = erased_lives.user) FROM erased_lives "
    "WHERE is_removed = 0 ORDER BY user";
constexpr const char* kUnfinishedUsers = "SELECT user FROM erased_lives WHERE is_removed = 0";
constexpr const char* kUnfinishedOfOne =
    "SELECT 1 FROM erased_lives WHERE is_removed = 0 AND user < ? AND name_hash = "
    "(SELECT name_hash FROM erasures WHERE user = ?)";
constexpr const char* kLastRow = "SELECT seq, digest FROM ledger ORDER BY seq DESC LIMIT 1";
constexpr const char* kNextRows = "SELECT seq, operation_id FROM ledger WHERE user = ? ORDER BY rev LIMIT ?";
constexpr const char* kRemoveRow = "DELETE FROM ledger WHERE seq = ?";
constexpr const char* kRememberId = "INSERT OR IGNORE INTO erased_ids(user, hash) VALUES(?, ?)";
// The first row of the user, of each table that is a fold of the ledger.
constexpr std::array<const char*, 10> kRemoveStateRow{
    "DELETE FROM sessions WHERE user = ?1 AND id = (SELECT id FROM sessions WHERE user = ?1 LIMIT 1)",
    "DELETE FROM preferences WHERE user = ?1 AND key = (SELECT key FROM preferences WHERE user = ?1 LIMIT 1)",
    "DELETE FROM dimensions WHERE user = ?1 AND name = (SELECT name FROM dimensions WHERE user = ?1 LIMIT 1)",
    "DELETE FROM learned WHERE user = ?1 AND name = (SELECT name FROM learned WHERE user = ?1 LIMIT 1)",
    "DELETE FROM evolution WHERE user = ?1 AND (name, version) = "
    "(SELECT name, version FROM evolution WHERE user = ?1 ORDER BY name, version LIMIT 1)",
    "DELETE FROM facts WHERE user = ?1 AND first_rev = (SELECT first_rev FROM facts WHERE user = ?1 LIMIT 1)",
    "DELETE FROM forgettings WHERE user = ?1 AND session = (SELECT session FROM forgettings WHERE user = ?1 LIMIT 1)",
    "DELETE FROM tool_windows WHERE user = ?1 AND tool = (SELECT tool FROM tool_windows WHERE user = ?1 LIMIT 1)",
    "DELETE FROM tool_calls WHERE user = ?1 AND first_rev = (SELECT first_rev FROM tool_calls WHERE user = ?1 LIMIT 1)",
    "DELETE FROM usage WHERE user = ?1"};
constexpr const char* kSetRemoved = "UPDATE erased_lives SET is_removed = 1 WHERE user = ?";
constexpr const char* kExpiredLife = "SELECT user FROM erased_lives WHERE is_removed = 1 AND ids_until <= ? LIMIT 1";
constexpr const char* kSomethingToErase = "SELECT 1 FROM erased_lives WHERE is_removed = 0 OR ids_until <= ? LIMIT 1";
constexpr const char* kRemoveId =
    "DELETE FROM erased_ids WHERE user = ?1 AND hash = (SELECT hash FROM erased_ids WHERE user = ?1 LIMIT 1)";
constexpr const char* kForgetLife = "DELETE FROM erased_lives WHERE user = ?";
constexpr const char* kWritePage = "UPDATE sqlite_dbpage SET data = ? WHERE pgno = ?";

bool is_time(base::Instant until) { return Clock::now() >= until; }

// Runs a statement that removes at most one row. False: there was none.
Result<bool> remove_one(Connection& connection, const char* sql, std::int64_t user) {
  if (auto done = connection.query(sql).bind(user).run(); !done) return std::unexpected(done.error());
  return sqlite3_changes(connection.handle()) > 0;
}

struct Row {
  std::int64_t seq = 0;
  OperationId id;
};

Result<std::vector<Row>> next_rows(Connection& connection, std::int64_t user) {
  std::vector<Row> rows;
  Cursor cursor = connection.query(kNextRows);
  cursor.bind(user).bind(std::uint64_t{kRowsAtOnce});
  for (;;) {
    const auto found = cursor.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return rows;
    // An id that is damaged can be neither retried nor remembered.
    rows.push_back({.seq = cursor.integer(0), .id = id_of(cursor.blob(1)).value_or(OperationId())});
  }
}

// SQLite lets nobody write a page by its number in defensive mode.
class Undefended {
 public:
  explicit Undefended(Connection& connection) : connection_(connection) { set(0); }
  ~Undefended() { set(1); }
  Undefended(const Undefended&) = delete;
  Undefended& operator=(const Undefended&) = delete;

 private:
  void set(int is_defensive) {
    (void)sqlite3_db_config(connection_.handle(), SQLITE_DBCONFIG_DEFENSIVE, is_defensive, nullptr);
  }
  Connection& connection_;
};

}  // namespace

Result<std::vector<UnfinishedErase>> unfinished_erases(Connection& connection) {
  std::vector<UnfinishedErase> erases;
  Cursor cursor = connection.query(kUnfinished);
  for (;;) {
    const auto found = cursor.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return erases;
    erases.push_back({.user = cursor.integer(0), .since = cursor.integer(1), .rows = cursor.unsigned_integer(2)});
  }
}

Result<std::vector<std::int64_t>> unfinished_users(Connection& connection) {
  std::vector<std::int64_t> users;
  Cursor cursor = connection.query(kUnfinishedUsers);
  for (;;) {
    const auto found = cursor.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return users;
    users.push_back(cursor.integer(0));
  }
}

Result<bool> is_erase_unfinished(Connection& connection, std::string_view name) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto life = find_new_life(connection, name);
  if (!life) return std::unexpected(life.error());
  if (!*life) return false;
  Cursor cursor = connection.query(kUnfinishedOfOne);
  return cursor.bind((*life)->user).bind((*life)->user).next();
}

Result<bool> has_expired_ids(Connection& connection, std::int64_t now) {
  Cursor cursor = connection.query(kExpiredLife);
  return cursor.bind(now).next();
}

Result<bool> has_something_to_erase(Connection& connection, std::int64_t now) {
  Cursor cursor = connection.query(kSomethingToErase);
  return cursor.bind(now).next();
}

Result<std::optional<LastRow>> last_row(Connection& connection) {
  Cursor cursor = connection.query(kLastRow);
  const auto found = cursor.next();
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::optional<LastRow>();
  LastRow row{.seq = cursor.unsigned_integer(0), .digest = {}};
  const auto digest = cursor.blob(1);
  if (digest.size() == row.digest.size()) std::ranges::copy(digest, row.digest.begin());
  return std::optional(row);
}

Result<Removed> remove_rows(Connection& connection, std::int64_t user, base::Instant until) {
  Removed removed;
  const auto key = erasure_key(connection);
  if (!key) return std::unexpected(key.error());
  for (;;) {
    const auto rows = next_rows(connection, user);
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) break;
    for (const Row& row : *rows) {
      const std::string hash = hash_of_id(*key, user, row.id);
      Result<void> done;
      if (!base::proof::is_planted("erased_ids_not_remembered"))
        done = connection.query(kRememberId).bind(user).bind_blob(std::string_view(hash)).run();
      if (done) done = connection.query(kRemoveRow).bind(row.seq).run();
      if (!done) return std::unexpected(done.error());
      removed.rows += 1;
      if (is_time(until)) return removed;
    }
  }
  for (const char* remove : kRemoveStateRow) {
    for (;;) {
      const auto has_removed = remove_one(connection, remove, user);
      if (!has_removed) return std::unexpected(has_removed.error());
      if (is_time(until)) return removed;
      if (!*has_removed) break;
    }
  }
  removed.is_all = true;
  return removed;
}

Result<void> set_removed(Connection& connection, const std::vector<std::int64_t>& users) {
  for (const std::int64_t user : users) {
    if (auto done = connection.query(kSetRemoved).bind(user).run(); !done) return done;
  }
  return {};
}

Result<bool> remove_expired_ids(Connection& connection, std::int64_t now, base::Instant until) {
  for (;;) {
    std::int64_t life = 0;
    {
      Cursor cursor = connection.query(kExpiredLife);
      const auto found = cursor.bind(now).next();
      if (!found) return std::unexpected(found.error());
      if (!*found) return true;
      life = cursor.integer(0);
    }
    for (;;) {
      const auto has_removed = remove_one(connection, kRemoveId, life);
      if (!has_removed) return std::unexpected(has_removed.error());
      if (!*has_removed) break;
      if (is_time(until)) return false;
    }
    if (auto done = connection.query(kForgetLife).bind(life).run(); !done) return std::unexpected(done.error());
  }
}

Result<Leftovers> find_leftovers(Connection& connection, std::uint32_t from, base::Instant until) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto last = connection.integer("PRAGMA page_count");
  if (!last) return std::unexpected(last.error());
  Leftovers leftovers{.pages = {}, .next = 0, .last_page = static_cast<std::uint32_t>(*last)};
  PageMap map(connection);
  for (std::uint32_t page = from; page <= leftovers.last_page; ++page) {
    if (is_time(until)) {
      leftovers.next = page;
      return leftovers;
    }
    const auto use = map.use_of(page);
    if (!use) return std::unexpected(use.error());
    if (*use != PageUse::kRoot && *use != PageUse::kTree) continue;
    auto bytes = read_page(connection, page);
    if (!bytes) return std::unexpected(bytes.error());
    if (clear_page(*bytes, page)) leftovers.pages.push_back(page);
  }
  return leftovers;
}

Result<void> clear_leftovers(Connection& connection, std::vector<std::uint32_t>& pages, base::Instant until) {
  const Undefended undefended(connection);
  while (!pages.empty() && !is_time(until)) {
    const std::uint32_t page = pages.back();
    pages.pop_back();
    // The page may be another one by now. What it is, its map says once more.
    const auto use = PageMap(connection).use_of(page);
    if (!use) return std::unexpected(use.error());
    if (*use != PageUse::kRoot && *use != PageUse::kTree) continue;
    auto bytes = read_page(connection, page);
    if (!bytes) return std::unexpected(bytes.error());
    if (!clear_page(*bytes, page)) continue;
    auto written = connection.query(kWritePage).bind_blob(std::string_view(*bytes)).bind(std::int64_t{page}).run();
    if (!written) return written;
  }
  return {};
}

}  // namespace penny::backend::sqlite
