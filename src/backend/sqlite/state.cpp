#include "backend/sqlite/state.hpp"

#include "backend/sqlite/ledger.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kLoadSession =
    "SELECT id, first_rev, last_turn, turn_count, started_at, ended_at, ended_rev, is_named FROM sessions "
    "WHERE user = ? AND id = ?";
constexpr const char* kSaveSession =
    "INSERT INTO sessions(user, id, first_rev, last_turn, turn_count, started_at, ended_at, ended_rev, is_named) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
    "ON CONFLICT(user, id) DO UPDATE SET last_turn = ?4, turn_count = ?5, ended_at = ?7, ended_rev = ?8";
constexpr const char* kLoadPreference =
    "SELECT value, confidence, frequency, version, rev, at FROM preferences WHERE user = ? AND key = ?";
constexpr const char* kSavePreference =
    "INSERT INTO preferences(user, key, value, confidence, frequency, version, rev, at) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
    "ON CONFLICT(user, key) DO UPDATE SET value = ?3, confidence = ?4, frequency = ?5, version = ?6, rev = ?7, at = ?8";
constexpr const char* kLoadDimension =
    "SELECT kind, value, confidence, version, rev, at FROM dimensions WHERE user = ? AND name = ?";
constexpr const char* kSaveDimension =
    "INSERT INTO dimensions(user, name, kind, value, confidence, version, rev, at) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
    "ON CONFLICT(user, name) DO UPDATE SET kind = ?3, value = ?4, confidence = ?5, version = ?6, rev = ?7, at = ?8";
constexpr const char* kLoadLearned = "SELECT spent, at FROM learned WHERE user = ? AND name = ?";
constexpr const char* kSaveLearned =
    "INSERT INTO learned(user, name, spent, at) VALUES(?1, ?2, ?3, ?4) "
    "ON CONFLICT(user, name) DO UPDATE SET spent = ?3, at = ?4";
constexpr const char* kAppendEvolution =
    "INSERT INTO evolution(user, name, version, old_value, new_value, confidence_change, trigger, operation_id, rev, "
    "at) "
    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kLoadFact =
    "SELECT f.first_rev, f.fact, f.text, f.confidence, f.version, f.rev, f.at, f.origin, f.channel "
    "FROM ledger AS l JOIN facts AS f ON f.user = l.user AND f.first_rev = l.rev "
    "WHERE l.operation_id = ? AND l.user = ?";
constexpr const char* kSaveFact =
    "INSERT INTO facts(user, first_rev, fact, text, confidence, version, rev, at, origin, channel) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
    "ON CONFLICT(user, first_rev) DO UPDATE SET text = ?4, confidence = ?5, version = ?6, rev = ?7";

constexpr const char* kLoadForgetting = "SELECT rev FROM forgettings WHERE user = ? AND session = ?";
constexpr const char* kSaveForgetting =
    "INSERT INTO forgettings(user, session, rev) VALUES(?1, ?2, ?3) ON CONFLICT(user, session) DO UPDATE SET rev = ?3";

void bind_value(Cursor& cursor, const DimensionValue& value) {
  if (const auto* number = std::get_if<double>(&value)) {
    cursor.bind(*number);
  } else {
    cursor.bind(std::string_view(std::get<std::string>(value)));
  }
}

DimensionValue value_at(const Cursor& cursor, int column) {
  if (cursor.is_text(column)) return std::string(cursor.text(column));
  return cursor.real(column);
}

template <class Row, class Read>
Result<std::optional<Row>> first_row(Cursor& cursor, Read read) {
  const auto found = cursor.next();
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::optional<Row>();
  return std::optional<Row>(read(cursor));
}

}  // namespace

SessionRow read_session(const Cursor& cursor) {
  SessionRow row;
  row.id = std::string(cursor.text(0));
  row.first_rev = cursor.unsigned_integer(1);
  row.last_turn = cursor.unsigned_integer(2);
  row.turn_count = static_cast<std::uint32_t>(cursor.integer(3));
  row.started_at = cursor.integer(4);
  if (!cursor.is_null(5)) row.ended_at = cursor.integer(5);
  row.ended_rev = cursor.unsigned_integer(6);
  row.is_named = cursor.integer(7) != 0;
  return row;
}

PreferenceRow read_preference(const Cursor& cursor, int first_column) {
  return {.state = {.value = std::string(cursor.text(first_column)),
                    .confidence = cursor.real(first_column + 1),
                    .frequency = cursor.unsigned_integer(first_column + 2),
                    .version = cursor.unsigned_integer(first_column + 3)},
          .rev = cursor.unsigned_integer(first_column + 4),
          .at = cursor.integer(first_column + 5)};
}

DimensionRow read_dimension(const Cursor& cursor, int first_column) {
  return {.state = {.kind = static_cast<DimensionKind>(cursor.integer(first_column)),
                    .value = value_at(cursor, first_column + 1),
                    .confidence = cursor.real(first_column + 2),
                    .version = cursor.unsigned_integer(first_column + 3)},
          .rev = cursor.unsigned_integer(first_column + 4),
          .at = cursor.integer(first_column + 5)};
}

rules::Learned read_learned(const Cursor& cursor, int first_column) {
  return {.spent = cursor.real(first_column), .at_us = cursor.integer(first_column + 1)};
}

EvolutionRow read_evolution(const Cursor& cursor) {
  return {.name = std::string(cursor.text(0)),
          .version = cursor.unsigned_integer(1),
          .old_value = value_at(cursor, 2),
          .new_value = value_at(cursor, 3),
          .confidence_change = cursor.real(4),
          .trigger = std::string(cursor.text(5)),
          .id = id_of(cursor.blob(6)).value_or(OperationId{}),
          .rev = cursor.unsigned_integer(7),
          .at = cursor.integer(8)};
}

FactRow read_fact(const Cursor& cursor) {
  FactRow row;
  row.first_rev = cursor.unsigned_integer(0);
  row.id = id_of(cursor.blob(1)).value_or(OperationId{});
  if (!cursor.is_null(2)) row.text = std::string(cursor.text(2));
  row.confidence = cursor.real(3);
  row.version = cursor.unsigned_integer(4);
  row.rev = cursor.unsigned_integer(5);
  row.at = cursor.integer(6);
  row.origin = static_cast<Origin>(cursor.integer(7));
  row.channel = std::string(cursor.text(8));
  return row;
}

Result<std::optional<SessionRow>> load_session(Connection& connection, std::int64_t user, std::string_view id) {
  Cursor cursor = connection.query(kLoadSession);
  cursor.bind(user).bind(id);
  return first_row<SessionRow>(cursor, read_session);
}

Result<void> save_session(Connection& connection, std::int64_t user, const SessionRow& row) {
  Cursor cursor = connection.query(kSaveSession);
  cursor.bind(user).bind(std::string_view(row.id)).bind(row.first_rev).bind(row.last_turn);
  cursor.bind(std::int64_t{row.turn_count}).bind(row.started_at);
  if (row.ended_at) {
    cursor.bind(*row.ended_at).bind(row.ended_rev);
  } else {
    cursor.bind_null().bind_null();
  }
  cursor.bind(std::int64_t{row.is_named ? 1 : 0});
  return cursor.run();
}

Result<std::optional<PreferenceRow>> load_preference(Connection& connection, std::int64_t user, std::string_view key) {
  Cursor cursor = connection.query(kLoadPreference);
  cursor.bind(user).bind(key);
  return first_row<PreferenceRow>(cursor, [](const Cursor& row) { return read_preference(row, 0); });
}

Result<void> save_preference(Connection& connection, std::int64_t user, std::string_view key,
                             const PreferenceRow& row) {
  Cursor cursor = connection.query(kSavePreference);
  cursor.bind(user).bind(key).bind(std::string_view(row.state.value)).bind(row.state.confidence);
  cursor.bind(row.state.frequency).bind(row.state.version).bind(row.rev).bind(row.at);
  return cursor.run();
}

Result<std::optional<DimensionRow>> load_dimension(Connection& connection, std::int64_t user, std::string_view name) {
  Cursor cursor = connection.query(kLoadDimension);
  cursor.bind(user).bind(name);
  return first_row<DimensionRow>(cursor, [](const Cursor& row) { return read_dimension(row, 0); });
}

Result<void> save_dimension(Connection& connection, std::int64_t user, std::string_view name, const DimensionRow& row) {
  Cursor cursor = connection.query(kSaveDimension);
  cursor.bind(user).bind(name).bind(static_cast<std::int64_t>(row.state.kind));
  bind_value(cursor, row.state.value);
  cursor.bind(row.state.confidence).bind(row.state.version).bind(row.rev).bind(row.at);
  return cursor.run();
}

Result<std::optional<rules::Learned>> load_learned(Connection& connection, std::int64_t user, std::string_view name) {
  Cursor cursor = connection.query(kLoadLearned);
  cursor.bind(user).bind(name);
  return first_row<rules::Learned>(cursor, [](const Cursor& row) { return read_learned(row, 0); });
}

Result<void> save_learned(Connection& connection, std::int64_t user, std::string_view name, const rules::Learned& row) {
  Cursor cursor = connection.query(kSaveLearned);
  return cursor.bind(user).bind(name).bind(row.spent).bind(row.at_us).run();
}

Result<void> append_evolution(Connection& connection, std::int64_t user, const EvolutionRow& row) {
  Cursor cursor = connection.query(kAppendEvolution);
  cursor.bind(user).bind(std::string_view(row.name)).bind(row.version);
  bind_value(cursor, row.old_value);
  bind_value(cursor, row.new_value);
  cursor.bind(row.confidence_change).bind(std::string_view(row.trigger)).bind_blob(bytes_of(row.id));
  cursor.bind(row.rev).bind(row.at);
  return cursor.run();
}

Result<std::optional<FactRow>> load_fact(Connection& connection, std::int64_t user, const OperationId& id) {
  Cursor cursor = connection.query(kLoadFact);
  cursor.bind_blob(bytes_of(id)).bind(user);
  return first_row<FactRow>(cursor, read_fact);
}

Result<void> save_fact(Connection& connection, std::int64_t user, const FactRow& row) {
  Cursor cursor = connection.query(kSaveFact);
  cursor.bind(user).bind(row.first_rev).bind_blob(bytes_of(row.id)).bind(row.text).bind(row.confidence);
  cursor.bind(row.version).bind(row.rev).bind(row.at).bind(static_cast<std::int64_t>(row.origin));
  cursor.bind(std::string_view(row.channel));
  return cursor.run();
}

Result<std::uint64_t> load_forgetting(Connection& connection, std::int64_t user, std::string_view session) {
  Cursor cursor = connection.query(kLoadForgetting);
  const auto found = cursor.bind(user).bind(session).next();
  if (!found) return std::unexpected(found.error());
  return *found ? cursor.unsigned_integer(0) : 0;
}

Result<void> save_forgetting(Connection& connection, std::int64_t user, std::string_view session, std::uint64_t rev) {
  Cursor cursor = connection.query(kSaveForgetting);
  return cursor.bind(user).bind(session).bind(rev).run();
}

}  // namespace penny::backend::sqlite
