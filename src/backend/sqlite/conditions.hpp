#pragma once

// Decisions made from a reading: may they still be carried out? Checked inside the write transaction, before anything
// is changed. State rows carry the rev of their last change, so no scan is needed.

#include <cstdint>
#include <optional>

#include <penny/error.hpp>

#include "backend/prepared.hpp"
#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/state.hpp"

namespace penny::backend::sqlite {

// What the state tables do not hold.
struct LatestTurn {
  std::uint64_t last_turn = 0;
  std::optional<SessionRow> current_session;  // of that turn, with its counts up to date
};

// `kConflict` unless the operation's preference, dimension or fact has the version of `if_version` (0: is not there).
Result<void> check_version(Connection& connection, std::int64_t user, const PreparedOperation& prepared);

// `kConflict`, which tells what changed and its current value, if any key of the batch changed after its rev.
Result<void> check_unchanged(Connection& connection, std::int64_t user, const PreparedBatch& batch,
                             const LatestTurn& latest);

}  // namespace penny::backend::sqlite
