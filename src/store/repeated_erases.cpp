#include "store/repeated_erases.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

#include <fmt/core.h>
#include <penny/store.hpp>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/erasures.hpp"
#include "backend/sqlite/migration.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "backend/sqlite/store_file.hpp"
#include "backend/sqlite/wal_scan.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::store {
namespace {

using backend::sqlite::Connection;
using backend::sqlite::ConnectionRole;
using backend::sqlite::Cursor;

constexpr const char* kNames = "SELECT name FROM users ORDER BY name";
constexpr std::chrono::minutes kEraseMax{30};

Result<std::vector<std::string>> names_in(Connection& connection) {
  std::vector<std::string> names;
  Cursor cursor = connection.query(kNames);
  for (;;) {
    const auto found = cursor.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return names;
    names.emplace_back(cursor.text(0));
  }
}

// The rev of the user's last erase; 0 if there was none.
Result<std::uint64_t> erased_at(Connection& connection, const std::string& name) {
  const auto life = backend::sqlite::find_new_life(connection, name);
  if (!life) return std::unexpected(life.error());
  return *life ? (*life)->rev : 0;
}

}  // namespace

Result<std::vector<std::string>> erased_since(const TemporaryCopy& copy, const std::string& store_id,
                                              const base::StorePaths& there) {
  std::vector<std::string> erased;
  if (auto whole = backend::sqlite::check_log(there); !whole) return std::unexpected(whole.error());
  const auto identity = backend::sqlite::read_identity(there);
  if (!identity) return std::unexpected(identity.error());
  if (identity->store_id != store_id) return erased;
  auto later = Connection::open(there.database, ConnectionRole::kQuietReader);
  if (!later) return std::unexpected(later.error());
  if (auto ready = backend::sqlite::imagine_upgrade(**later); !ready) return std::unexpected(ready.error());
  auto copied = Connection::open(copy.path(), ConnectionRole::kQuietReader);
  if (!copied) return std::unexpected(copied.error());
  if (auto ready = backend::sqlite::imagine_upgrade(**copied); !ready) return std::unexpected(ready.error());
  const auto now = backend::sqlite::Snapshot::begin(**later);
  if (!now) return std::unexpected(now.error());
  const auto then = backend::sqlite::Snapshot::begin(**copied);
  if (!then) return std::unexpected(then.error());
  const auto names = names_in(**copied);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    const auto at = erased_at(**later, name);
    if (!at) return std::unexpected(at.error());
    if (*at == 0) continue;
    const auto known = erased_at(**copied, name);
    if (!known) return std::unexpected(known.error());
    if (*at > *known) erased.push_back(name);
  }
  if (base::proof::is_planted("erased_users_come_back_with_a_backup")) erased.clear();
  return erased;
}

Result<void> erase_again(const TemporaryCopy& copy, const std::vector<std::string>& users,
                         const ProgressCallback& progress) {
  if (users.empty()) return {};
  {
    auto store = Store::open(copy.path(), {.create = false});
    if (!store) return std::unexpected(store.error());
    for (const std::string& user : users) {
      if (progress && !progress({.stage = Progress::Stage::kErasing, .done_bytes = 0, .all_bytes = 0}))
        return base::fail(ErrorCode::kStopped, "the copy was stopped", "begin it again; nothing was left behind");
      const auto erased = store->erase(user, {.deadline = kEraseMax, .progress = {}, .also_search_for = {}});
      if (!erased) return std::unexpected(erased.error());
      if (erased->bytes_found == 0) continue;
      return base::fail(ErrorCode::kDamaged,
                        fmt::format("{} bytes of a user who was erased are still in the copy", erased->bytes_found),
                        "try again; if it stays like that, `penny rescue` makes a store of what is right");
    }
    base::proof::reach("restore.erased_again");
  }
  base::StorePaths paths;
  paths.database = copy.path();
  return backend::sqlite::migrate_and_close(paths);
}

}  // namespace penny::store
