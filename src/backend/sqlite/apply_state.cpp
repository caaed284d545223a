// What operations make of preferences, dimensions and facts. Turns and sessions, tools, forgetting, erasing and the quota have
// files of their own.

#include <map>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/core.h>

#include "backend/sqlite/apply.hpp"
#include "base/proof.hpp"
#include "rules/dimension.hpp"
#include "rules/learning_bound.hpp"
#include "rules/preference.hpp"

namespace penny::backend::sqlite {
namespace {

// What this thread last made of the dimension; else `now`.
[[maybe_unused]] DimensionValue& planted_value(std::int64_t user, std::string_view name, const DimensionValue& now) {
  thread_local std::map<std::string, DimensionValue> values;
  return values.try_emplace(fmt::format("{}/{}", user, name), now).first->second;
}

}  // namespace

template <class Operation>
Result<OperationResult> Applier::change_preference(Context& context, const Operation& operation) {
  const LedgerRow& row = context.row;
  auto loaded = load_preference(connection_, context.user, operation.key);
  if (!loaded) return std::unexpected(loaded.error());
  std::optional<rules::PreferenceState> before;
  if (*loaded) before = (*loaded)->state;
  rules::PreferenceChange change;
  if constexpr (std::is_same_v<Operation, ObservePreference>) {
    change = rules::observe(before, operation);
  } else {
    change = rules::set(before, operation);
  }
  const PreferenceResult result{.confidence = change.state.confidence,
                                .frequency = change.state.frequency,
                                .version = change.state.version,
                                .is_value_taken = change.is_value_taken};
  auto saved = save_preference(connection_, context.user, operation.key,
                               {.state = std::move(change.state), .rev = row.rev, .at = row.at});
  if (!saved) return std::unexpected(saved.error());
  return OperationResult(result);
}

template <class Operation>
Result<OperationResult> Applier::change_dimension(Context& context, const Operation& operation) {
  const LedgerRow& row = context.row;
  auto loaded = dimensions_.load(context.user, operation.name);
  if (!loaded) return std::unexpected(loaded.error());
  const DimensionValue* first_value = nullptr;
  if constexpr (!std::is_same_v<Operation, AdjustDimension>) first_value = &operation.value;
  rules::DimensionState before = *loaded ? (*loaded)->state : rules::initial_dimension(operation.name, first_value);

  if (base::proof::is_planted("adjusted_from_a_remembered_value"))
    before.value = planted_value(context.user, operation.name, before.value);
  Result<rules::DimensionChange> change = rules::DimensionChange{};
  if constexpr (std::is_same_v<Operation, AdjustDimension>) {
    change = rules::adjust(before, operation);
  } else if constexpr (std::is_same_v<Operation, ObserveDimension>) {
    const auto learned = dimensions_.load_learned(context.user, operation.name);
    if (!learned) return std::unexpected(learned.error());
    change = rules::observe(before, operation, rules::left_to_learn(*learned, row.at));
    if (!change) return std::unexpected(change.error());
    const double spent = rules::learned_by(change->old_value, change->state.value);
    if (const auto after = rules::after_observation(*learned, row.at, spent))
      dimensions_.save_learned(context.user, operation.name, *after);
  } else {
    change = rules::set(before, operation);
  }
  if (!change) return std::unexpected(change.error());
  if (base::proof::is_planted("adjusted_from_a_remembered_value"))
    planted_value(context.user, operation.name, {}) = change->state.value;
  DimensionResult result{
      .value = change->state.value, .confidence = change->state.confidence, .version = change->state.version};
  const EvolutionRow evolution{.name = operation.name,
                               .version = change->state.version,
                               .old_value = std::move(change->old_value),
                               .new_value = change->state.value,
                               .confidence_change = change->confidence_change,
                               .trigger = operation.trigger,
                               .id = row.id,
                               .rev = row.rev,
                               .at = row.at};
  const bool is_noted = !base::proof::is_planted("evolution_row_missing") || evolution.old_value != evolution.new_value;
  if (auto done = is_noted ? append_evolution(connection_, context.user, evolution) : Result<void>{}; !done)
    return std::unexpected(done.error());
  dimensions_.save(context.user, operation.name, {.state = std::move(change->state), .rev = row.rev, .at = row.at});
  return OperationResult(std::move(result));
}

Result<OperationResult> Applier::remember_fact(Context& context, const RememberFact& operation) {
  const LedgerRow& row = context.row;
  const FactRow fact{.first_rev = row.rev,
                     .id = row.id,
                     .text = operation.text,
                     .confidence = operation.confidence,
                     .version = 1,
                     .rev = row.rev,
                     .at = row.at,
                     .origin = row.origin,
                     .channel = row.channel};
  if (auto saved = save_fact(connection_, context.user, fact); !saved) return std::unexpected(saved.error());
  return OperationResult(FactResult{.fact = row.id, .version = 1});
}

Result<OperationResult> Applier::change_state(const Head& head, Context& context) {
  return std::visit(
      [&](const auto& operation) -> Result<OperationResult> {
        using T = std::decay_t<decltype(operation)>;
        if constexpr (std::is_same_v<T, AppendTurn>) {
          return append_turn(head, context, operation);
        } else if constexpr (std::is_same_v<T, EndSession>) {
          return end_session(head, context, operation);
        } else if constexpr (std::is_same_v<T, ObservePreference> || std::is_same_v<T, SetPreference>) {
          return change_preference(context, operation);
        } else if constexpr (std::is_same_v<T, RememberFact>) {
          return remember_fact(context, operation);
        } else if constexpr (std::is_same_v<T, ForgetFact>) {
          return forget_fact(context, operation);
        } else if constexpr (std::is_same_v<T, ForgetTurn>) {
          return forget_turn(context, operation);
        } else if constexpr (std::is_same_v<T, ForgetTurns>) {
          return forget_turns(context, operation);
        } else if constexpr (std::is_same_v<T, ForgetPreference>) {
          return forget_preference(context, operation);
        } else if constexpr (std::is_same_v<T, EraseUser>) {
          return OperationResult(ErasedResult{.operations = buried_operations_});
        } else if constexpr (std::is_same_v<T, TakeToolPermit>) {
          return take_tool_permit(context, operation);
        } else if constexpr (std::is_same_v<T, RecordToolOutcome>) {
          return record_tool_outcome(context, operation);
        } else {
          return change_dimension(context, operation);
        }
      },
      context.prepared->operation.payload);
}

}  // namespace penny::backend::sqlite
