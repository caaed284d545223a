#pragma once

// A batch made ready by its caller's thread, before it waits for its turn: ids are drawn, payloads encoded and hashed,
// so that nothing of this happens inside the gate. The same for every back end.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <penny/error.hpp>
#include <penny/operation.hpp>

#include "base/sha256.hpp"
#include "model/condition.hpp"
#include "model/kind.hpp"

namespace penny::backend {

using Salt = std::array<std::uint8_t, 16>;

struct PreparedOperation {
  Operation operation;  // its id is set
  model::Kind kind = model::Kind::kAppendTurn;
  std::string key;       // preference, dimension, session named by the caller or fact; see `has_key`
  bool has_key = false;  // false: a turn or an end of session that names none
  std::string encoding;  // empty for a turn: the ledger builds it from the turn's columns
  Salt salt{};           // drawn at random, so that a hash tells nothing once the text is forgotten
  base::Digest payload_hash{};
};

struct PreparedBatch {
  std::string user;
  std::vector<PreparedOperation> operations;
  std::vector<model::ConditionKey> condition_keys;
  std::uint64_t condition_rev = 0;
  std::size_t size_bytes = 0;  // with those of `following`
  // Batches of the same user that are stored after this one or not at all, though each keeps its own place and answers for
  // itself when it is sent again: a step of an import.
  std::vector<PreparedBatch> following;
};

// Validates and prepares. `kInvalid` as in `model::validate`. Any thread; does not block.
[[nodiscard]] Result<PreparedBatch> prepare(Batch batch);

// The same for several batches of one user, as one request. None of them erases.
[[nodiscard]] Result<PreparedBatch> prepare_together(std::vector<Batch> batches);

}  // namespace penny::backend
