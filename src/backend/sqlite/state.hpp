#pragma once

// The state tables, which are folds of the ledger: each function loads or saves one row of one user. Used inside a
// write transaction by `apply`, and by the readers.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <penny/error.hpp>
#include <penny/model.hpp>

#include "backend/sqlite/connection.hpp"
#include "rules/dimension.hpp"
#include "rules/learning_bound.hpp"
#include "rules/preference.hpp"

namespace penny::backend::sqlite {

struct SessionRow {
  std::string id;
  std::uint64_t first_rev = 0;
  std::uint64_t last_turn = 0;   // both as of the last write of the row:
  std::uint32_t turn_count = 0;  // the session of the user's latest turn may have gone on since
  std::int64_t started_at = 0;
  std::optional<std::int64_t> ended_at;
  std::uint64_t ended_rev = 0;
  bool is_named = false;
  bool operator==(const SessionRow&) const = default;
};

struct FactRow {
  std::uint64_t first_rev = 0;
  OperationId id;
  std::optional<std::string> text;  // nothing once forgotten
  double confidence = 0;
  std::uint64_t version = 0;
  std::uint64_t rev = 0;
  std::int64_t at = 0;
  Origin origin = Origin::kUser;
  std::string channel;
  bool operator==(const FactRow&) const = default;
};

struct EvolutionRow {
  std::string name;
  std::uint64_t version = 0;
  DimensionValue old_value;
  DimensionValue new_value;
  double confidence_change = 0;
  std::string trigger;
  OperationId id;
  std::uint64_t rev = 0;
  std::int64_t at = 0;
  bool operator==(const EvolutionRow&) const = default;
};

// A state together with the ledger row that last changed it.
template <class State>
struct Versioned {
  State state;
  std::uint64_t rev = 0;
  std::int64_t at = 0;
  bool operator==(const Versioned&) const = default;
};

using PreferenceRow = Versioned<rules::PreferenceState>;
using DimensionRow = Versioned<rules::DimensionState>;

Result<std::optional<SessionRow>> load_session(Connection& connection, std::int64_t user, std::string_view id);
Result<void> save_session(Connection& connection, std::int64_t user, const SessionRow& row);

Result<std::optional<PreferenceRow>> load_preference(Connection& connection, std::int64_t user, std::string_view key);
Result<void> save_preference(Connection& connection, std::int64_t user, std::string_view key, const PreferenceRow& row);

Result<std::optional<DimensionRow>> load_dimension(Connection& connection, std::int64_t user, std::string_view name);
Result<void> save_dimension(Connection& connection, std::int64_t user, std::string_view name, const DimensionRow& row);
Result<std::optional<rules::Learned>> load_learned(Connection& connection, std::int64_t user, std::string_view name);
Result<void> save_learned(Connection& connection, std::int64_t user, std::string_view name, const rules::Learned& row);
Result<void> append_evolution(Connection& connection, std::int64_t user, const EvolutionRow& row);

// By the id of the operation that remembered it.
Result<std::optional<FactRow>> load_fact(Connection& connection, std::int64_t user, const OperationId& id);
Result<void> save_fact(Connection& connection, std::int64_t user, const FactRow& row);

// The rev of the latest operation that forgot turns of the session, or of the user if the session is empty; 0: none did.
Result<std::uint64_t> load_forgetting(Connection& connection, std::int64_t user, std::string_view session);
Result<void> save_forgetting(Connection& connection, std::int64_t user, std::string_view session, std::uint64_t rev);

// Rows as the lists and `verify` take them, from a cursor over the named columns.
inline constexpr const char* kSessionColumns =
    "id, first_rev, last_turn, turn_count, started_at, ended_at, ended_rev, is_named";
[[nodiscard]] SessionRow read_session(const Cursor& cursor);
[[nodiscard]] PreferenceRow read_preference(const Cursor& cursor, int first_column);  // value .. at
[[nodiscard]] DimensionRow read_dimension(const Cursor& cursor, int first_column);    // kind .. at
[[nodiscard]] rules::Learned read_learned(const Cursor& cursor, int first_column);    // spent, at
[[nodiscard]] EvolutionRow read_evolution(const Cursor& cursor);                      // name .. at
[[nodiscard]] FactRow read_fact(const Cursor& cursor);                                // first_rev .. channel

}  // namespace penny::backend::sqlite
