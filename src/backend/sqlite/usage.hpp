#pragma once

// How many bytes of a user's own words the ledger keeps: texts and metadata of turns, and the payloads of what was learnt and
// remembered. What is forgotten does not count any more; operations that forget, end a session or erase never do.
//
// Counting them all at each commit would take long, and a row that each commit writes costs a quarter of the throughput. So the
// table `usage` has the sum up to a rev: it is written with every 64th rev of a user, and with each operation that forgets; the
// few rows after it are added up when somebody asks. A fold of the ledger: `verify` recomputes it.

#include <cstdint>

#include <penny/error.hpp>

#include "backend/prepared.hpp"
#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/ledger.hpp"
#include "model/kind.hpp"

namespace penny::backend::sqlite {

// Of one operation, before it is stored, and as it stands in the ledger.
[[nodiscard]] std::uint64_t kept_bytes(const PreparedOperation& prepared);
[[nodiscard]] std::uint64_t kept_bytes(const StoredRow& stored);

// Whether the sum is written with this operation.
[[nodiscard]] bool is_usage_noted(model::Kind kind, std::uint64_t rev);

// Of all that the user has, inside the caller's snapshot or transaction.
[[nodiscard]] Result<std::uint64_t> used_bytes(Connection& connection, std::int64_t user);
// The sum up to this rev.
Result<void> save_usage(Connection& connection, std::int64_t user, std::uint64_t rev, std::uint64_t bytes);

// `kOverloaded` (quota): `added` more bytes than `used` are more than the quota.
[[nodiscard]] Error over_quota(std::string_view user, std::uint64_t used, std::uint64_t added, std::uint64_t quota);

}  // namespace penny::backend::sqlite
