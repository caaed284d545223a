#include "backend/sqlite/ledger.hpp"

#include <algorithm>
#include <limits>

#include <fmt/core.h>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"
#include "model/encoding.hpp"

namespace penny::backend::sqlite {
namespace {

std::unexpected<Error> damaged_row(std::int64_t seq, std::string_view what) {
  return base::fail(ErrorCode::kDamaged, fmt::format("ledger row with seq {}: {}", seq, what),
                    "run `penny verify`; restore a backup if it confirms the damage");
}

std::optional<base::Digest> digest_from(std::span<const std::uint8_t> bytes) {
  base::Digest digest;
  if (bytes.size() != digest.size()) return std::nullopt;
  std::ranges::copy(bytes, digest.begin());
  return digest;
}

std::optional<std::string> optional_text(const Cursor& cursor, int column) {
  if (cursor.is_null(column)) return std::nullopt;
  return std::string(cursor.text(column));
}

std::optional<std::string> optional_blob(const Cursor& cursor, int column) {
  if (cursor.is_null(column)) return std::nullopt;
  const auto bytes = cursor.blob(column);
  return std::string(bytes.begin(), bytes.end());
}

void write_optional(base::ByteWriter& writer, const std::optional<std::string>& value) {
  writer.u64(value ? 1 : 0);
  if (value) writer.bytes(*value);
}

std::string_view view_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

constexpr int kPayloadColumn = 13;
constexpr int kOutcomeColumn = 16;
constexpr int kFirstTurnColumn = 17;
constexpr int kEndColumn = 26;

// The digest covers only the columns that a row of its kind has, so the others must be empty. Texts are not asked for,
// since they may be forgotten.
std::string_view wrong_columns(const Cursor& cursor, bool is_turn) {
  if (!is_turn) {
    for (int column = kFirstTurnColumn; column < kEndColumn; ++column) {
      if (!cursor.is_null(column)) return "it has a turn's columns and is none";
    }
    return {};
  }
  if (!cursor.is_null(kPayloadColumn) || !cursor.is_null(kOutcomeColumn)) return "a turn has no payload and no outcome";
  for (const int column : {17, 18, 19, 20, 23, 24}) {
    if (cursor.is_null(column)) return "a turn's column is missing";
  }
  return {};
}

}  // namespace

Time time_of(std::int64_t microseconds) { return Time(std::chrono::microseconds(microseconds)); }

std::span<const std::uint8_t> bytes_of(const OperationId& id) { return id.bytes; }

std::optional<OperationId> id_of(std::span<const std::uint8_t> bytes) {
  OperationId id;
  if (bytes.size() != id.bytes.size()) return std::nullopt;
  std::ranges::copy(bytes, id.bytes.begin());
  return id;
}

base::Digest chain_start(std::string_view store_id, std::string_view user_name) {
  base::ByteWriter writer;
  writer.bytes(store_id);
  writer.bytes(user_name);
  base::Sha256 hash;
  hash.update(writer.view());
  return hash.finish();
}

base::Digest digest_of(const base::Digest& before, const LedgerRow& row) {
  base::ByteWriter writer;
  if (!base::proof::is_planted("digest_without_the_one_before")) writer.bytes(view_of(before));
  writer.i64(row.user);
  writer.u64(row.rev);
  writer.bytes(view_of(row.id.bytes));
  writer.u64(static_cast<std::uint64_t>(row.kind));
  write_optional(writer, row.key);
  writer.i64(row.at);
  writer.u64(static_cast<std::uint64_t>(row.origin));
  writer.bytes(row.channel);
  writer.u64(row.batch_first);
  writer.u64(row.batch_size);
  writer.u64(row.last_turn);
  writer.bytes(view_of(row.payload_hash));
  write_optional(writer, row.outcome);
  writer.u64(row.turn ? 1 : 0);
  if (row.turn) {
    writer.bytes(row.turn->session);
    writer.u64(row.turn->session_first);
    writer.u64(row.turn->session_number);
    writer.u64(static_cast<std::uint64_t>(row.turn->modality));
    writer.f64(row.turn->response_time_ms);
    writer.f64(row.turn->confidence);
  }
  base::Sha256 hash;
  hash.update(writer.view());
  return hash.finish();
}

Result<StoredRow> read_row(const Cursor& cursor) {
  StoredRow stored;
  LedgerRow& row = stored.row;
  const std::int64_t seq = cursor.integer(0);
  stored.seq = static_cast<std::uint64_t>(seq);
  row.user = cursor.integer(1);
  row.rev = cursor.unsigned_integer(2);
  const auto id = id_of(cursor.blob(3));
  const auto kind = model::kind_from_number(cursor.integer(4));
  const auto payload_hash = digest_from(cursor.blob(14));
  const auto digest = digest_from(cursor.blob(15));
  const std::int64_t origin = cursor.integer(7);
  if (!id) return damaged_row(seq, "operation_id is not 16 bytes");
  if (!kind) return damaged_row(seq, "unknown kind");
  if (!payload_hash || !digest) return damaged_row(seq, "a hash is not 32 bytes");
  if (origin < 1 || origin > 5) return damaged_row(seq, "unknown origin");
  row.id = *id;
  row.kind = *kind;
  row.key = optional_text(cursor, 5);
  row.at = cursor.integer(6);
  row.origin = static_cast<Origin>(origin);
  row.channel = std::string(cursor.text(8));
  row.batch_first = cursor.unsigned_integer(9);
  row.batch_size = cursor.unsigned_integer(10);
  row.last_turn = cursor.unsigned_integer(11);
  stored.salt = optional_blob(cursor, 12);
  stored.payload = optional_blob(cursor, kPayloadColumn);
  row.payload_hash = *payload_hash;
  stored.digest = *digest;
  row.outcome = optional_blob(cursor, kOutcomeColumn);
  const bool is_turn = row.kind == model::Kind::kAppendTurn;
  if (const std::string_view wrong = wrong_columns(cursor, is_turn); !wrong.empty()) return damaged_row(seq, wrong);
  if (is_turn) {
    const std::int64_t modality = cursor.integer(20);
    const std::int64_t number = cursor.integer(19);
    if (modality < 1 || modality > 3) return damaged_row(seq, "unknown modality");
    if (number < 1 || number > std::numeric_limits<std::uint32_t>::max())
      return damaged_row(seq, "session_number is out of range");
    row.turn = TurnColumns{.session = std::string(cursor.text(17)),
                           .session_first = cursor.unsigned_integer(18),
                           .session_number = static_cast<std::uint32_t>(number),
                           .modality = static_cast<Modality>(modality),
                           .response_time_ms = cursor.real(23),
                           .confidence = cursor.real(24)};
    stored.user_input = optional_text(cursor, 21);
    stored.assistant_response = optional_text(cursor, 22);
    stored.metadata = optional_text(cursor, 25);
  }
  return stored;
}

Result<std::optional<Payload>> payload_of(const StoredRow& stored) {
  const auto seq = static_cast<std::int64_t>(stored.seq);
  if (!stored.salt) {
    if (stored.payload || stored.user_input || stored.assistant_response || stored.metadata)
      return damaged_row(seq, "it is only half forgotten");
    return std::optional<Payload>();
  }
  if (stored.row.kind == model::Kind::kAppendTurn) {
    if (!stored.user_input || !stored.assistant_response || !stored.metadata)
      return damaged_row(seq, "a text of the turn is missing");
    const TurnColumns& turn = *stored.row.turn;
    return std::optional<Payload>(AppendTurn{.user_input = *stored.user_input,
                                             .assistant_response = *stored.assistant_response,
                                             .modality = turn.modality,
                                             .session = stored.row.key,
                                             .response_time_ms = turn.response_time_ms,
                                             .confidence = turn.confidence,
                                             .metadata = *stored.metadata});
  }
  if (!stored.payload) return damaged_row(seq, "the payload is missing");
  auto payload = model::decode(*stored.payload);
  if (!payload) return damaged_row(seq, payload.error().message);
  if (model::kind_of(*payload) != stored.row.kind) return damaged_row(seq, "kind and payload disagree");
  return std::optional<Payload>(std::move(*payload));
}

Result<OperationResult> result_of(const LedgerRow& row) {
  if (row.turn) {
    return OperationResult(TurnResult{.session = row.turn->session,
                                      .session_first_rev = row.turn->session_first,
                                      .number = row.turn->session_number});
  }
  if (!row.outcome)
    return base::fail(ErrorCode::kDamaged, fmt::format("rev {}: the outcome is missing", row.rev),
                      "run `penny verify`");
  return model::decode_result(*row.outcome);
}

namespace {

// What is left of an operation that is no turn.
Payload forgotten_payload(const LedgerRow& row, const OperationResult& result) {
  const std::string name = row.key.value_or("");
  const auto* dimension = std::get_if<DimensionResult>(&result);
  const DimensionValue value = dimension == nullptr ? DimensionValue{} : dimension->value;
  switch (row.kind) {
    case model::Kind::kObservePreference:
      return ObservePreference{.key = name, .value = {}, .confidence = 0};
    case model::Kind::kSetPreference:
      return SetPreference{.key = name, .value = {}, .confidence = 0};
    case model::Kind::kAdjustDimension:
      return AdjustDimension{.name = name};
    case model::Kind::kObserveDimension:
      return ObserveDimension{.name = name, .value = value, .confidence = 0};
    case model::Kind::kSetDimension:
      return SetDimension{.name = name, .value = value};
    default:
      return RememberFact{};
  }
}

}  // namespace

Result<Change> change_of(const StoredRow& stored, std::string_view user_name) {
  auto payload = payload_of(stored);
  if (!payload) return std::unexpected(payload.error());
  auto result = result_of(stored.row);
  if (!result) return std::unexpected(result.error());
  Change change;
  change.rev = stored.row.rev;
  change.seq = stored.seq;
  change.is_forgotten = !payload->has_value();
  change.operation.user = std::string(user_name);
  change.operation.id = stored.row.id;
  change.operation.at = time_of(stored.row.at);
  change.operation.origin = stored.row.origin;
  change.operation.channel = stored.row.channel;
  change.result = std::move(*result);
  if (*payload) {
    change.operation.payload = std::move(**payload);
  } else if (stored.row.turn) {
    change.operation.payload = AppendTurn{.user_input = {},
                                          .assistant_response = {},
                                          .modality = stored.row.turn->modality,
                                          .session = stored.row.key,
                                          .response_time_ms = stored.row.turn->response_time_ms,
                                          .confidence = stored.row.turn->confidence,
                                          .metadata = {}};
  } else {
    change.operation.payload = forgotten_payload(stored.row, change.result);
  }
  return change;
}

Turn turn_of(const StoredRow& stored) {
  const TurnColumns& columns = *stored.row.turn;
  return {.rev = stored.row.rev,
          .id = stored.row.id,
          .at = time_of(stored.row.at),
          .modality = columns.modality,
          .session = columns.session,
          .number = columns.session_number,
          .user_input = stored.user_input.value_or(""),
          .assistant_response = stored.assistant_response.value_or(""),
          .response_time_ms = columns.response_time_ms,
          .confidence = columns.confidence,
          .metadata = stored.metadata.value_or(""),
          .origin = stored.row.origin,
          .channel = stored.row.channel,
          .is_forgotten = !stored.salt.has_value()};
}

}  // namespace penny::backend::sqlite
