#pragma once

// The ledger: rows of the one append-only table, their digests, and what a row tells of its operation.
//
// 1. A user's revs are 1..n without a gap; a row's digest covers the digest of the row before, and every column but
//    seq, salt, payload and the texts of a turn. The first row's "digest before" is `chain_start`.
// 2. payload_hash = SHA-256(salt, encoding). Forgetting takes salt, payload and texts away and changes neither.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <penny/error.hpp>
#include <penny/operation.hpp>
#include <penny/outcome.hpp>
#include <penny/store.hpp>

#include "backend/sqlite/connection.hpp"
#include "base/sha256.hpp"
#include "model/kind.hpp"

namespace penny::backend::sqlite {

// The columns that only a turn has, but for its texts.
struct TurnColumns {
  std::string session;
  std::uint64_t session_first = 0;
  std::uint32_t session_number = 0;
  Modality modality = Modality::kChat;
  double response_time_ms = 0;
  double confidence = 1;
};

// What the digest covers.
struct LedgerRow {
  std::int64_t user = 0;
  std::uint64_t rev = 0;
  OperationId id;
  model::Kind kind = model::Kind::kAppendTurn;
  std::optional<std::string> key;
  std::int64_t at = 0;
  Origin origin = Origin::kUser;
  std::string channel;
  std::uint64_t batch_first = 0;
  std::uint64_t batch_size = 0;
  std::uint64_t last_turn = 0;
  base::Digest payload_hash{};
  std::optional<std::string> outcome;
  std::optional<TurnColumns> turn;
};

// A row as it was read, with what forgetting may have taken away.
struct StoredRow {
  std::uint64_t seq = 0;
  LedgerRow row;
  base::Digest digest{};
  std::optional<std::string> salt;
  std::optional<std::string> payload;
  std::optional<std::string> user_input;
  std::optional<std::string> assistant_response;
  std::optional<std::string> metadata;
};

[[nodiscard]] base::Digest chain_start(std::string_view store_id, std::string_view user_name);
[[nodiscard]] base::Digest digest_of(const base::Digest& before, const LedgerRow& row);

// Columns of `StoredRow` in the order in which `read_row` takes them: "SELECT " + kRowColumns + " FROM ledger ...".
#define PENNY_LEDGER_COLUMNS                                                                                          \
  "seq, user, rev, operation_id, kind, key, at, origin, channel, batch_first, batch_size, last_turn, salt, payload, " \
  "payload_hash, digest, outcome, session, session_first, session_number, modality, user_input, assistant_response, " \
  "response_time_ms, confidence, metadata"

// `kDamaged` if a column has a form that no row has.
[[nodiscard]] Result<StoredRow> read_row(const Cursor& cursor);

// The operation's payload; nothing once it is forgotten. `kDamaged` if the row cannot be one of ours.
[[nodiscard]] Result<std::optional<Payload>> payload_of(const StoredRow& stored);
[[nodiscard]] Result<OperationResult> result_of(const LedgerRow& row);
// The row as the change feed gives it.
[[nodiscard]] Result<Change> change_of(const StoredRow& stored, std::string_view user_name);
// The row of a turn as the lists give it.
[[nodiscard]] Turn turn_of(const StoredRow& stored);

[[nodiscard]] Time time_of(std::int64_t microseconds);
[[nodiscard]] std::span<const std::uint8_t> bytes_of(const OperationId& id);
[[nodiscard]] std::optional<OperationId> id_of(std::span<const std::uint8_t> bytes);

}  // namespace penny::backend::sqlite
