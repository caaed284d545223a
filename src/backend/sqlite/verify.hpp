#pragma once

#include <functional>
#include <string>

#include <penny/verify.hpp>

#include "backend/sqlite/connection.hpp"

namespace penny::backend::sqlite {

// SQLite's `quick_check` and its indexes; each user's ledger (revs, digests, payload hashes, batches) and the state
// tables against its fold. One snapshot per user, so that the write-ahead log does not have to keep everything. Takes
// as long as reading the file.
// `progress`: see `VerifyOptions`.
Result<VerifyReport> verify(Connection& connection, const std::string& store_id,
                            const std::function<bool(const VerifyProgress&)>& progress = {});

}  // namespace penny::backend::sqlite
