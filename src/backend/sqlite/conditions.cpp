#include "backend/sqlite/conditions.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

// The state of one key as a conflict tells it.
struct KeyState {
  std::uint64_t rev = 0;      // of its last change; 0: never touched
  std::uint64_t version = 0;  // 0: never there
  std::string value = "not there";
  bool is_gone = false;  // a tombstone of its name, which may be taken again
};

std::string text_of(const DimensionValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  return std::get<std::string>(value);
}

// A value may be as long as 64 KiB; a message should not.
std::string shortened(const std::string& value) {
  constexpr std::size_t kShownMax = 200;
  return value.size() <= kShownMax ? value : fmt::format("({} bytes)", value.size());
}

Result<KeyState> preference_state(Connection& connection, std::int64_t user, const std::string& key) {
  auto row = load_preference(connection, user, key);
  if (!row) return std::unexpected(row.error());
  if (!*row) return KeyState{};
  const bool is_gone = rules::is_forgotten((*row)->state);
  return KeyState{.rev = (*row)->rev,
                  .version = (*row)->state.version,
                  .value = is_gone ? "forgotten" : shortened((*row)->state.value),
                  .is_gone = is_gone};
}

Result<KeyState> dimension_state(Connection& connection, std::int64_t user, const std::string& name) {
  auto row = load_dimension(connection, user, name);
  if (!row) return std::unexpected(row.error());
  if (!*row) return KeyState{};
  return KeyState{.rev = (*row)->rev, .version = (*row)->state.version, .value = text_of((*row)->state.value)};
}

Result<KeyState> fact_state(Connection& connection, std::int64_t user, const std::string& id) {
  const auto fact = OperationId::parse(id);
  if (!fact) return KeyState{};
  auto row = load_fact(connection, user, *fact);
  if (!row) return std::unexpected(row.error());
  if (!*row) return KeyState{};
  return KeyState{.rev = (*row)->rev, .version = (*row)->version, .value = (*row)->text ? "remembered" : "forgotten"};
}

Result<KeyState> session_state(Connection& connection, std::int64_t user, const std::string& id,
                               const LatestTurn& latest) {
  std::optional<SessionRow> session = latest.current_session;
  if (base::proof::is_planted("condition_on_the_running_session_ignored")) session.reset();
  if (!session || session->id != id) {
    auto row = load_session(connection, user, id);
    if (!row) return std::unexpected(row.error());
    session = *row;
  }
  if (!session) return KeyState{};
  const auto forgotten = load_forgetting(connection, user, id);
  if (!forgotten) return std::unexpected(forgotten.error());
  return KeyState{.rev = std::max({session->last_turn, session->ended_rev, *forgotten}),
                  .version = 1,
                  .value = fmt::format("{} turns, {}", session->turn_count, session->ended_at ? "ended" : "open")};
}

Result<KeyState> turns_state(Connection& connection, std::int64_t user, const LatestTurn& latest) {
  const auto forgotten = load_forgetting(connection, user, "");
  if (!forgotten) return std::unexpected(forgotten.error());
  const bool is_forgetting_later = *forgotten > latest.last_turn;
  return KeyState{
      .rev = std::max(latest.last_turn, *forgotten),
      .version = 1,
      .value = is_forgetting_later ? "some were forgotten" : fmt::format("the latest has rev {}", latest.last_turn)};
}

}  // namespace

Result<void> check_version(Connection& connection, std::int64_t user, const PreparedOperation& prepared) {
  if (base::proof::is_planted("if_version_ignored")) return {};
  Result<KeyState> state = KeyState{};
  const char* what = "fact";
  switch (prepared.kind) {
    case model::Kind::kObservePreference:
    case model::Kind::kSetPreference:
    case model::Kind::kForgetPreference:
      what = "preference";
      state = preference_state(connection, user, prepared.key);
      break;
    case model::Kind::kAdjustDimension:
    case model::Kind::kObserveDimension:
    case model::Kind::kSetDimension:
      what = "dimension";
      state = dimension_state(connection, user, prepared.key);
      break;
    default:
      state = fact_state(connection, user, prepared.key);
  }
  if (!state) return std::unexpected(state.error());
  const std::uint64_t expected = *prepared.operation.if_version;
  if (state->version == expected || (expected == 0 && state->is_gone)) return {};
  return base::fail(ErrorCode::kConflict,
                    fmt::format("{}:{} has version {}, not {}; its value is {}", what, prepared.key, state->version,
                                expected, state->value),
                    "read it again, decide again, and send the new version", "if_version");
}

Result<void> check_unchanged(Connection& connection, std::int64_t user, const PreparedBatch& batch,
                             const LatestTurn& latest) {
  std::string changed;
  for (const model::ConditionKey& key : batch.condition_keys) {
    if (key.what == model::ConditionKey::What::kFact && base::proof::is_planted("condition_on_facts_ignored")) continue;
    if (&key != batch.condition_keys.data() && base::proof::is_planted("only_the_first_condition_checked")) break;
    Result<KeyState> state = KeyState{};
    std::string name;
    switch (key.what) {
      case model::ConditionKey::What::kTurns:
        name = "turns";
        state = turns_state(connection, user, latest);
        break;
      case model::ConditionKey::What::kSession:
        name = "session:" + key.name;
        state = session_state(connection, user, key.name, latest);
        break;
      case model::ConditionKey::What::kPreference:
        name = "preference:" + key.name;
        state = preference_state(connection, user, key.name);
        break;
      case model::ConditionKey::What::kDimension:
        name = "dimension:" + key.name;
        state = dimension_state(connection, user, key.name);
        break;
      case model::ConditionKey::What::kFact:
        name = "fact:" + key.name;
        state = fact_state(connection, user, key.name);
        break;
    }
    if (!state) return std::unexpected(state.error());
    if (state->rev <= batch.condition_rev) continue;
    if (state->rev == batch.condition_rev + 1 && base::proof::is_planted("change_right_after_the_rev_missed")) continue;
    changed += fmt::format("{}{} changed at rev {}: {}", changed.empty() ? "" : "; ", name, state->rev, state->value);
  }
  if (changed.empty()) return {};
  return base::fail(ErrorCode::kConflict, fmt::format("since rev {}: {}", batch.condition_rev, changed),
                    "read again from there, decide again, and send the batch with the new rev", "if_unchanged_since");
}

}  // namespace penny::backend::sqlite
