#include "backend/prepared.hpp"

#include <type_traits>
#include <utility>

#include "base/random.hpp"
#include "model/encoding.hpp"
#include "model/validation.hpp"

namespace penny::backend {
namespace {

std::optional<std::string> key_of(const Payload& payload) {
  return std::visit(
      [](const auto& value) -> std::optional<std::string> {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, AppendTurn> || std::is_same_v<T, EndSession>) return value.session;
        if constexpr (std::is_same_v<T, ObservePreference> || std::is_same_v<T, SetPreference>) return value.key;
        if constexpr (std::is_same_v<T, AdjustDimension> || std::is_same_v<T, ObserveDimension> ||
                      std::is_same_v<T, SetDimension>) {
          return value.name;
        }
        if constexpr (std::is_same_v<T, ForgetPreference>) return value.key;
        if constexpr (std::is_same_v<T, ForgetTurn>) return value.turn.to_string();
        if constexpr (std::is_same_v<T, ForgetTurns>) return value.session;
        if constexpr (std::is_same_v<T, ForgetFact>) return value.fact.to_string();
        if constexpr (std::is_same_v<T, TakeToolPermit>) return value.tool;
        if constexpr (std::is_same_v<T, RecordToolOutcome>) return value.call.to_string();
        return std::nullopt;
      },
      payload);
}

PreparedOperation prepare(Operation operation) {
  PreparedOperation prepared;
  if (!operation.id) operation.id = OperationId::make();
  prepared.kind = model::kind_of(operation.payload);
  if (auto key = key_of(operation.payload)) {
    prepared.key = std::move(*key);
    prepared.has_key = true;
  }
  base::fill_random(prepared.salt);
  prepared.payload_hash = model::payload_hash(prepared.salt, operation.payload);
  if (prepared.kind != model::Kind::kAppendTurn) prepared.encoding = model::encode(operation.payload);
  prepared.operation = std::move(operation);
  return prepared;
}

}  // namespace

Result<PreparedBatch> prepare(Batch batch) {
  if (auto valid = model::validate(batch); !valid) return std::unexpected(valid.error());
  PreparedBatch prepared;
  prepared.user = batch.operations.front().user;
  if (batch.if_unchanged_since) {
    prepared.condition_rev = batch.if_unchanged_since->rev;
    for (const std::string& key : batch.if_unchanged_since->keys) {
      auto parsed = model::parse_condition_key(key);
      if (!parsed) return std::unexpected(parsed.error());
      prepared.condition_keys.push_back(std::move(*parsed));
    }
  }
  prepared.operations.reserve(batch.operations.size());
  for (Operation& operation : batch.operations) {
    prepared.size_bytes += model::size_bytes(operation);
    prepared.operations.push_back(prepare(std::move(operation)));
  }
  return prepared;
}

Result<PreparedBatch> prepare_together(std::vector<Batch> batches) {
  std::optional<PreparedBatch> whole;
  for (Batch& batch : batches) {
    auto prepared = prepare(std::move(batch));
    if (!prepared) return std::unexpected(prepared.error());
    if (!whole) {
      whole = std::move(*prepared);
      continue;
    }
    whole->size_bytes += prepared->size_bytes;
    whole->following.push_back(std::move(*prepared));
  }
  return *std::move(whole);
}

}  // namespace penny::backend
