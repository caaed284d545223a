#pragma once

// From the schema version of an older Penny to ours.
//
// 1. One transaction runs the missing statements of `kSchemas` in order and sets `user_version`: a crash leaves the old version
//    or the new one.
// 2. The version is read again inside it: of many openers one migrates, the others find it done.
// 3. Who has the store open while a newer Penny migrates it notices at its next commit (`Writer`), and writes no more.

#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"
#include "base/file_system.hpp"

namespace penny::backend::sqlite {

// Call it inside the gate. Takes as long as the statements; readers go on. `kNewerSchema` (somebody newer came first), `kNoSpace`,
// `kStorageFailed`, `kDamaged`; field `kBusy` if a foreign program holds SQLite's lock: try again.
[[nodiscard]] Result<void> migrate(const base::StorePaths& paths);

// The same for a file that nobody else knows; copies the log into it and leaves nothing beside it that matters.
[[nodiscard]] Result<void> migrate_and_close(const base::StorePaths& paths);

// Gives a connection that reads an older store the tables and views that it lacks, empty as an upgrade would make them, in its
// temporary database alone. Nothing to do for another one.
[[nodiscard]] Result<void> imagine_upgrade(Connection& reader);

}  // namespace penny::backend::sqlite
