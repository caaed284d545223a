#include "backend/sqlite/migration.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "backend/sqlite/schema.hpp"
#include "backend/sqlite/store_file.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

Result<void> run_missing(Connection& connection, const base::StorePaths& paths) {
  if (auto begun = connection.execute("BEGIN IMMEDIATE"); !begun) return begun;
  base::proof::reach("migrate.begun");
  const auto version = connection.integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*version > kSchemaVersion) return newer_schema(paths.database, *version);
  if (*version == kSchemaVersion) return {};
  for (auto next = static_cast<std::size_t>(*version); next < kSchemas.size(); ++next) {
    if (auto done = connection.execute(kSchemas[next]); !done) return done;
    base::proof::reach("migrate.between_versions");
    if (base::proof::is_planted("migration_in_two_parts")) (void)connection.execute("COMMIT; BEGIN IMMEDIATE");
  }
  const std::string set_version = fmt::format("PRAGMA user_version={}", kSchemaVersion);
  if (auto done = connection.execute(set_version.c_str()); !done) return done;
  base::proof::reach("migrate.before_commit");
  if (auto done = connection.execute("COMMIT"); !done) return done;
  base::proof::reach("migrate.committed");
  return {};
}

// What a statement of `kSchemas` is in a temporary database. Names are looked up there first, so what is left of a view or a table in
// the store does not matter. Whoever still writes the older schema knows no bound of learning, so that none holds; and the ledger,
// which may be damaged, is not read for that.
std::string in_temporary_database(std::string sql) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kForms{{
      {"\nCREATE TABLE ", "\nCREATE TEMP TABLE "},
      {"\nCREATE VIEW ", "\nCREATE TEMP VIEW "},
      {"\nCREATE INDEX ", "\nCREATE INDEX temp."},
      {"\nCREATE UNIQUE INDEX ", "\nCREATE UNIQUE INDEX temp."},
      {"\nDROP VIEW ", "\nDROP VIEW IF EXISTS temp."},
      {"SELECT 1, coalesce(max(seq), 0) FROM ledger", "VALUES(1, 9223372036854775807)"},
  }};
  for (const auto& [plain, temporary] : kForms) {
    for (std::size_t at = sql.find(plain); at != std::string::npos; at = sql.find(plain, at + temporary.size()))
      sql.replace(at, plain.size(), temporary);
  }
  return sql;
}

}  // namespace

Result<void> imagine_upgrade(Connection& reader) {
  const auto version = reader.integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*version < 1 || *version >= kSchemaVersion) return {};
  if (auto done = reader.execute("PRAGMA query_only=OFF"); !done) return done;
  for (auto next = static_cast<std::size_t>(*version); next < kSchemas.size(); ++next) {
    if (auto done = reader.execute(in_temporary_database(kSchemas[next]).c_str()); !done) return done;
  }
  return reader.execute("PRAGMA query_only=ON");
}

Result<void> migrate(const base::StorePaths& paths) {
  auto connection = Connection::open(paths.database, ConnectionRole::kWriter);
  if (!connection) return std::unexpected(while_opening(connection.error()));
  // What is not committed is undone when the connection is closed.
  if (auto done = run_missing(**connection, paths); !done) return std::unexpected(while_opening(done.error()));
  return {};
}

Result<void> migrate_and_close(const base::StorePaths& paths) {
  if (auto done = migrate(paths); !done) return done;
  auto connection = Connection::open(paths.database, ConnectionRole::kWriter);
  if (!connection) return std::unexpected(while_opening(connection.error()));
  // A lock that it does not get is no error to SQLite, but a row that says so.
  const auto is_busy = (*connection)->integer("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!is_busy) return std::unexpected(while_opening(is_busy.error()));
  if (*is_busy == 0) return {};
  return base::fail(ErrorCode::kStorageFailed, paths.database + " could not be locked while it was upgraded",
                    "try again");
}

}  // namespace penny::backend::sqlite
