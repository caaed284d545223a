#include "backend/sqlite/export_reads.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "backend/sqlite/erasures.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "backend/sqlite/state.hpp"
#include "base/error.hpp"
#include "model/encoding.hpp"
#include "rules/stand_ins.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kRows =
    "SELECT " PENNY_LEDGER_COLUMNS " FROM ledger WHERE user = ? AND rev > ? ORDER BY rev LIMIT 1000";
constexpr const char* kRow = "SELECT " PENNY_LEDGER_COLUMNS " FROM ledger WHERE user = ? AND rev = ?";
constexpr const char* kChange =
    "SELECT name, version, old_value, new_value, confidence_change, trigger, operation_id, rev, at FROM evolution "
    "WHERE user = ? AND name = ? AND version = ?";
constexpr const char* kIds = "SELECT rev, operation_id FROM ledger WHERE user = ? AND rev > ? ORDER BY rev LIMIT ?";
constexpr std::size_t kPageBytes = std::size_t{1} << 20;

std::unexpected<Error> damaged(std::uint64_t rev, std::string_view what) {
  return base::fail(ErrorCode::kDamaged, fmt::format("rev {}: {}", rev, what),
                    "run `penny verify`; restore a backup if it confirms the damage");
}

std::size_t bytes_of_texts(const StoredRow& stored) {
  const auto size = [](const std::optional<std::string>& text) { return text ? text->size() : 0; };
  return size(stored.payload) + size(stored.user_input) + size(stored.assistant_response) + size(stored.metadata);
}

}  // namespace

Result<bool> Exporter::next(Connection& connection) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user_name_);
  if (!found) return std::unexpected(found.error());
  if (user_ == 0) {
    const auto life = new_life_of(connection, found->id);
    if (!life) return std::unexpected(life.error());
    const std::uint64_t tombstone = *life ? (*life)->rev : 0;
    if (found->rev <= tombstone) {
      return base::fail(ErrorCode::kNotFound, fmt::format("the store knows nothing of user {}", user_name_),
                        "`penny stats` shows whether the user wrote anything", "user");
    }
    user_ = found->id;
    offset_ = tombstone;
    rev_ = tombstone;
  }
  if (user_ != found->id)
    return base::fail(ErrorCode::kConflict, "the user was erased meanwhile", "throw away what was exported", "erased");
  head_ = found->rev;
  std::size_t bytes = 0;
  Cursor cursor = connection.query(kRows);
  cursor.bind(user_).bind(rev_);
  while (bytes < kPageBytes) {
    const auto more = cursor.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    const auto stored = read_row(cursor);
    if (!stored) return std::unexpected(stored.error());
    bytes += bytes_of_texts(*stored) + 300;
    auto line = line_of(connection, *stored);
    if (!line) return std::unexpected(line.error());
    lines_.push_back(std::move(*line));
    rev_ = stored->row.rev;
  }
  if (bytes == 0 && rev_ < head_) return damaged(rev_ + 1, "the row is missing");
  return rev_ >= head_;
}

Result<model::UserLine> Exporter::line_of(Connection& connection, const StoredRow& stored) {
  const LedgerRow& row = stored.row;
  auto payload = payload_of(stored);
  if (!payload) return std::unexpected(payload.error());
  const auto result = result_of(row);
  if (!result) return std::unexpected(result.error());
  if (batch_first_ != row.batch_first) forgotten_turn_.reset();
  batch_first_ = row.batch_first;
  model::UserLine line{.number = row.rev - offset_,
                       .batch_place = row.rev - row.batch_first + 1,
                       .batch_size = row.batch_size,
                       .is_forgotten = !payload->has_value(),
                       .operation = {}};
  Operation& operation = line.operation;
  operation.id = row.id;
  operation.at = time_of(row.at);
  operation.origin = row.origin;
  operation.channel = row.channel;
  if (*payload) {
    operation.payload = std::move(**payload);
  } else {
    auto stands_for = stand_in(connection, stored, *result);
    if (!stands_for) return std::unexpected(stands_for.error());
    operation.payload = std::move(*stands_for);
  }
  if (auto* const forget = std::get_if<ForgetTurns>(&operation.payload)) count_from_the_first(*forget, row.rev);
  if (row.kind == model::Kind::kForgetPreference) {
    // It went on where the one before it ended. With stand-ins, which are short, the one before may do all of it.
    const auto held = preferences_.find(row.key.value_or(""));
    const auto* const outcome = std::get_if<PreferenceResult>(&*result);
    if (held != preferences_.end() && held->second.is_forgotten_in_part && outcome != nullptr)
      operation.if_version = outcome->version - 1;
  }
  follow(row, *result);
  return line;
}

Result<Payload> Exporter::stand_in(Connection& connection, const StoredRow& stored, const OperationResult& result) {
  const LedgerRow& row = stored.row;
  if (row.turn) {
    if (!forgotten_turn_) forgotten_turn_ = row.id;
    return AppendTurn{.user_input = std::string(rules::kForgottenText),
                      .assistant_response = {},
                      .modality = row.turn->modality,
                      .session = row.key,
                      .response_time_ms = row.turn->response_time_ms,
                      .confidence = row.turn->confidence,
                      .metadata = "{}"};
  }
  if (row.kind == model::Kind::kRememberFact)
    return RememberFact{.text = std::string(rules::kForgottenText), .confidence = 0};
  if (const auto* preference = std::get_if<PreferenceResult>(&result))
    return stand_in_of_preference(connection, row, *preference);
  if (const auto* dimension = std::get_if<DimensionResult>(&result))
    return stand_in_of_dimension(connection, row, *dimension);
  return damaged(row.rev, "it lost its payload, and nothing can forget an operation of its kind");
}

Result<Payload> Exporter::stand_in_of_preference(Connection& connection, const LedgerRow& row,
                                                 const PreferenceResult& result) {
  const std::string key = row.key.value_or("");
  std::string value = rules::forgotten_value(row.id);
  double confidence_before = 0;
  if (result.is_value_taken && result.frequency > 1) {
    const auto held = preferences_.find(key);
    if (held == preferences_.end()) return damaged(row.rev, "the operation that brought its value is missing");
    auto same = value_at(connection, held->second);
    if (!same) return std::unexpected(same.error());
    value = std::move(*same);
    confidence_before = held->second.confidence;
  }
  if (row.kind == model::Kind::kSetPreference)
    return SetPreference{.key = key, .value = std::move(value), .confidence = result.confidence};
  return rules::stand_in_observation(key, confidence_before, result, std::move(value));
}

Result<std::string> Exporter::value_at(Connection& connection, const Held& held) {
  Cursor cursor = connection.query(kRow);
  const auto found = cursor.bind(user_).bind(held.source).next();
  if (!found) return std::unexpected(found.error());
  if (!*found) return damaged(held.source, "the row is missing");
  const auto stored = read_row(cursor);
  if (!stored) return std::unexpected(stored.error());
  const auto payload = payload_of(*stored);
  if (!payload) return std::unexpected(payload.error());
  if (*payload) {
    if (const auto* observation = std::get_if<ObservePreference>(&**payload)) return observation->value;
    if (const auto* setting = std::get_if<SetPreference>(&**payload)) return setting->value;
  }
  return rules::forgotten_value(held.source_id);
}

Result<Payload> Exporter::stand_in_of_dimension(Connection& connection, const LedgerRow& row,
                                                const DimensionResult& result) {
  const std::string name = row.key.value_or("");
  const auto now = load_dimension(connection, user_, name);
  if (!now) return std::unexpected(now.error());
  Cursor cursor = connection.query(kChange);
  const auto found = cursor.bind(user_).bind(std::string_view(name)).bind(result.version).next();
  if (!found) return std::unexpected(found.error());
  if (!*found || !*now) return damaged(row.rev, "the change of the dimension is missing");
  EvolutionRow evolution = read_evolution(cursor);
  const rules::KnownChange change{.kind = (*now)->state.kind,
                                  .old_value = std::move(evolution.old_value),
                                  .new_value = std::move(evolution.new_value),
                                  .confidence_change = evolution.confidence_change,
                                  .confidence = result.confidence};
  std::string trigger = forgotten_turn_ ? rules::forgotten_trigger(*forgotten_turn_) : std::string();
  if (row.kind == model::Kind::kAdjustDimension) return rules::stand_in_adjustment(name, change, std::move(trigger));
  if (row.kind == model::Kind::kObserveDimension) return rules::stand_in_observation(name, change, std::move(trigger));
  return rules::stand_in_setting(name, change, std::move(trigger));
}

void Exporter::follow(const LedgerRow& row, const OperationResult& result) {
  const auto* const outcome = std::get_if<PreferenceResult>(&result);
  if (outcome == nullptr) return;
  Held& held = preferences_[row.key.value_or("")];
  const bool is_tombstone = row.kind == model::Kind::kForgetPreference;
  held.confidence = outcome->confidence;
  held.is_forgotten_in_part = is_tombstone;
  if (outcome->is_value_taken && outcome->frequency <= 1) {
    held.source = row.rev;
    held.source_id = row.id;
  }
}

// Revs as numbers of the file. What was before its first operation was erased, and after itself there was nothing yet, so that a
// range may end there without meaning something else.
void Exporter::count_from_the_first(ForgetTurns& forget, std::uint64_t rev) const {
  const std::uint64_t first = std::max(forget.first_rev, offset_ + 1);
  const std::uint64_t last = std::min(forget.last_rev, rev);
  const bool is_empty = first > last;
  forget.first_rev = (is_empty ? rev : first) - offset_;
  forget.last_rev = (is_empty ? rev : last) - offset_;
}

Result<std::vector<StoredId>> stored_ids(Connection& connection, std::string_view user, std::uint64_t after,
                                         std::size_t limit) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  if (found->id == 0) return std::vector<StoredId>();
  const auto life = new_life_of(connection, found->id);
  if (!life) return std::unexpected(life.error());
  std::vector<StoredId> ids;
  Cursor cursor = connection.query(kIds);
  cursor.bind(found->id).bind(std::max(after, *life ? (*life)->rev : 0)).bind(std::uint64_t{limit});
  for (;;) {
    const auto more = cursor.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return ids;
    const auto id = id_of(cursor.blob(1));
    if (!id) return damaged(cursor.unsigned_integer(0), "its id is not 16 bytes");
    ids.push_back({.rev = cursor.unsigned_integer(0), .id = *id});
  }
}

}  // namespace penny::backend::sqlite
