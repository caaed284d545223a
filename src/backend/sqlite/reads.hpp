#pragma once

// The reads, each in one snapshot on a read connection. Results are copied out; nothing outlives the call. The
// contracts stand at the functions of `Store` with the same names.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/store.hpp>

#include "backend/sqlite/connection.hpp"
#include "base/sha256.hpp"

namespace penny::backend::sqlite {

Result<Page<Turn>> last_turns(Connection& connection, std::string_view user, std::size_t limit);
Result<Page<Turn>> session_turns(Connection& connection, std::string_view user, std::string_view session,
                                 std::uint64_t after, std::size_t limit);
Result<Page<Turn>> turns_between(Connection& connection, std::string_view user, Time from, Time until,
                                 std::uint64_t after, std::size_t limit);
Result<Page<Session>> sessions(Connection& connection, std::string_view user, std::uint64_t after, std::size_t limit);

Result<Page<Preference, std::string>> preferences(Connection& connection, std::string_view user, std::string_view after,
                                                  std::size_t limit);
// Inside the caller's snapshot, of the user's integer.
Result<std::vector<Preference>> preferences_of(Connection& connection, std::int64_t user, std::string_view after,
                                               std::size_t limit);
Result<Read<std::vector<Dimension>>> personality(Connection& connection, std::string_view user);
Result<Page<Evolution>> evolution(Connection& connection, std::string_view user, std::string_view dimension,
                                  std::uint64_t after, std::size_t limit);
Result<Page<Fact>> facts(Connection& connection, std::string_view user, std::uint64_t after, std::size_t limit);
Result<Page<PreferenceEvent>> preference_history(Connection& connection, std::string_view user, std::string_view key,
                                                 std::uint64_t after, std::size_t limit);
Result<Page<FactEvent>> fact_history(Connection& connection, std::string_view user, const OperationId& fact);
Result<Page<ToolCall>> tool_calls(Connection& connection, std::string_view user, std::uint64_t before,
                                  std::size_t limit);
Result<Read<ToolCall>> tool_call(Connection& connection, std::string_view user, const OperationId& id);
Result<Read<UserStatistics>> user_statistics(Connection& connection, std::string_view user, Time now);
Result<StoreStatistics> statistics(Connection& connection);

// The last three turns and all preferences, from one snapshot.
struct ContextParts {
  std::uint64_t rev = 0;
  std::vector<Turn> turns;
  std::vector<Preference> preferences;
};
Result<ContextParts> context_parts(Connection& connection, std::string_view user);

Result<Page<Change>> changes(Connection& connection, std::string_view user, std::uint64_t since, std::size_t limit);
Result<Page<Change>> all_changes(Connection& connection, std::uint64_t since, std::size_t limit);

// The digest of the ledger's row; nothing if there is no such row.
Result<std::optional<base::Digest>> digest_at(Connection& connection, std::uint64_t seq);

}  // namespace penny::backend::sqlite
