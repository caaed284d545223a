// From numbers to operations, and from what the store gives back to numbers.

#include <charconv>
#include <type_traits>

#include <fmt/core.h>

#include "proof/histories/vocabulary.hpp"

namespace penny::proof::histories {
namespace {

constexpr std::string_view kChannel = "histories";

Modality modality_of(std::uint64_t number) { return static_cast<Modality>(1 + number % 3); }
double time_of_turn(std::uint64_t number) { return static_cast<double>(number % 1000); }
double confidence_of_turn(std::uint64_t number) { return static_cast<double>(number % 101) / 100; }
std::string metadata_of_turn(std::uint64_t number) { return fmt::format("{{\"n\":{}}}", number); }

AppendTurn turn_of(std::uint64_t number, std::uint64_t session) {
  AppendTurn turn{.user_input = turn_input(number),
                  .assistant_response = turn_response(number),
                  .modality = modality_of(number),
                  .session = {},
                  .response_time_ms = time_of_turn(number),
                  .confidence = confidence_of_turn(number),
                  .metadata = metadata_of_turn(number)};
  if (session != 0) turn.session = session_text(session);
  return turn;
}

Value value_of(const DimensionValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return real(*number);
  const std::uint64_t found = find_option(std::get<std::string>(value));
  return found == kNobodys ? Value{.bits = 0, .type = Value::Type::kForeign} : option(found);
}

DimensionValue dimension_value(const Value& value) {
  if (value.type == Value::Type::kReal) return number_of(value);
  return std::string(option_text(value.bits));
}

Value whole_of(std::string_view json) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), number);
  const bool is_whole = error == std::errc{} && end == json.data() + json.size();
  return is_whole ? whole(number) : Value{.bits = 0, .type = Value::Type::kForeign};
}

Time time_of(std::uint64_t number) {
  return Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 2)) + std::chrono::minutes(minute_of(number));
}

std::string trigger_of(std::uint64_t number) { return fmt::format("Call {}", number); }

}  // namespace

Operation operation_of(std::uint8_t user, const Action& action) {
  Operation operation{.user = std::string(user_text(user)), .payload = {}, .channel = std::string(kChannel)};
  operation.id = operation_id(action.id);
  if (action.if_version != kNoVersion) operation.if_version = action.if_version;
  const std::string name(name_text(action.name));
  switch (action.kind) {
    case Kind::kAppendTurn:
      operation.payload = turn_of(action.id, action.session);
      break;
    case Kind::kEndSession:
      operation.payload =
          EndSession{.session = action.session == 0 ? std::nullopt : std::optional(session_text(action.session))};
      break;
    case Kind::kObservePreference:
      operation.payload =
          ObservePreference{.key = name, .value = fmt::format("{}", action.value.bits), .confidence = action.amount};
      break;
    case Kind::kSetPreference:
      operation.payload =
          SetPreference{.key = name, .value = fmt::format("{}", action.value.bits), .confidence = action.amount};
      break;
    case Kind::kAdjustDimension:
      operation.payload = AdjustDimension{.name = name,
                                          .delta = action.amount,
                                          .confidence_change = action.confidence_change,
                                          .trigger = trigger_of(action.id)};
      break;
    case Kind::kObserveDimension:
      operation.at = time_of(action.id);
      operation.payload = ObserveDimension{.name = name,
                                           .value = dimension_value(action.value),
                                           .confidence = action.amount,
                                           .trigger = trigger_of(action.id)};
      break;
    case Kind::kSetDimension:
      operation.payload = SetDimension{.name = name,
                                       .value = dimension_value(action.value),
                                       .confidence_change = action.confidence_change,
                                       .trigger = trigger_of(action.id)};
      break;
    case Kind::kRememberFact:
      operation.payload = RememberFact{.text = fact_text(action.id), .confidence = action.amount};
      break;
    case Kind::kForgetFact:
    case Kind::kNone:
      operation.payload = ForgetFact{.fact = operation_id(action.fact)};
      break;
  }
  return operation;
}

Action action_of(const Operation& operation) {
  Action action;
  action.id = operation.id ? number_of(*operation.id) : kNobodys;
  if (operation.if_version) action.if_version = *operation.if_version;
  std::visit(
      [&](const auto& payload) {
        using T = std::decay_t<decltype(payload)>;
        if constexpr (std::is_same_v<T, AppendTurn>) {
          action.kind = Kind::kAppendTurn;
          if (payload.session) action.session = find_session(*payload.session);
          if (!(turn_of(action.id, action.session) == payload)) action.id = kNobodys;
        } else if constexpr (std::is_same_v<T, EndSession>) {
          action.kind = Kind::kEndSession;
          if (payload.session) action.session = find_session(*payload.session);
        } else if constexpr (std::is_same_v<T, ObservePreference> || std::is_same_v<T, SetPreference>) {
          action.kind = std::is_same_v<T, SetPreference> ? Kind::kSetPreference : Kind::kObservePreference;
          action.name = find_name(payload.key);
          action.value = whole_of(payload.value);
          action.amount = payload.confidence;
        } else if constexpr (std::is_same_v<T, RememberFact>) {
          action.kind = Kind::kRememberFact;
          action.amount = payload.confidence;
          if (payload.text != fact_text(action.id)) action.id = kNobodys;
        } else if constexpr (std::is_same_v<T, ForgetFact>) {
          action.kind = Kind::kForgetFact;
          action.fact = number_of(payload.fact);
        } else if constexpr (std::is_same_v<T, ForgetTurn> || std::is_same_v<T, ForgetTurns> ||
                             std::is_same_v<T, ForgetPreference> || std::is_same_v<T, EraseUser> ||
                             std::is_same_v<T, TakeToolPermit> || std::is_same_v<T, RecordToolOutcome>) {
          action.id = kNobodys;  // no workload here does that
        } else {
          action.name = find_name(payload.name);
          if (payload.trigger != trigger_of(action.id)) action.id = kNobodys;
          if constexpr (std::is_same_v<T, AdjustDimension>) {
            action.kind = Kind::kAdjustDimension;
            action.amount = payload.delta;
            action.confidence_change = payload.confidence_change;
          } else if constexpr (std::is_same_v<T, ObserveDimension>) {
            action.kind = Kind::kObserveDimension;
            action.value = value_of(payload.value);
            action.amount = payload.confidence;
            if (operation.at != time_of(action.id)) action.id = kNobodys;
          } else {
            action.kind = Kind::kSetDimension;
            action.value = value_of(payload.value);
            action.confidence_change = payload.confidence_change;
          }
        }
      },
      operation.payload);
  if (operation.channel != kChannel) action.id = kNobodys;
  return action;
}

std::string condition_key(const GuardKey& key) {
  switch (key.what) {
    case GuardKey::What::kSession:
      return "session:" + session_text(key.number);
    case GuardKey::What::kPreference:
      return fmt::format("preference:{}", name_text(key.name));
    case GuardKey::What::kDimension:
      return fmt::format("dimension:{}", name_text(key.name));
    case GuardKey::What::kFact:
      return "fact:" + operation_id(key.number).to_string();
    case GuardKey::What::kTurns:
      break;
  }
  return "turns";
}

Entry entry_of(const OperationId& id, std::uint64_t rev, const OperationResult& result) {
  Entry entry{.id = number_of(id), .rev = rev};
  std::visit(
      [&](const auto& told) {
        using T = std::decay_t<decltype(told)>;
        if constexpr (std::is_same_v<T, TurnResult>) {
          entry.kind = Kind::kAppendTurn;
          entry.session = find_session(told.session);
          entry.session_first = told.session_first_rev;
          entry.number = told.number;
        } else if constexpr (std::is_same_v<T, SessionResult>) {
          entry.kind = Kind::kEndSession;
          entry.session = find_session(told.session);
          entry.number = told.turn_count;
          entry.flag = told.was_open;
        } else if constexpr (std::is_same_v<T, PreferenceResult>) {
          entry.kind = Kind::kSetPreference;
          entry.confidence = told.confidence;
          entry.number = told.frequency;
          entry.version = told.version;
          entry.flag = told.is_value_taken;
        } else if constexpr (std::is_same_v<T, DimensionResult>) {
          entry.kind = Kind::kSetDimension;
          entry.value = value_of(told.value);
          entry.confidence = told.confidence;
          entry.version = told.version;
        } else if constexpr (std::is_same_v<T, FactResult>) {
          entry.kind = Kind::kRememberFact;
          entry.version = told.version;
          entry.number = number_of(told.fact);
        }
      },
      result);
  return entry;
}

Entry entry_of(const Session& session) {
  return {.rev = session.last_turn_rev,
          .session = find_session(session.id),
          .session_first = session.first_rev,
          .number = session.turn_count,
          .kind = Kind::kEndSession,
          .flag = session.ended_at.has_value()};
}

Entry entry_of(const Turn& turn) {
  Entry entry{.id = number_of(turn.id),
              .rev = turn.rev,
              .session = find_session(turn.session),
              .number = turn.number,
              .kind = Kind::kAppendTurn,
              .flag = turn.is_forgotten};
  const AppendTurn read{.user_input = turn.user_input,
                        .assistant_response = turn.assistant_response,
                        .modality = turn.modality,
                        .session = {},
                        .response_time_ms = turn.response_time_ms,
                        .confidence = turn.confidence,
                        .metadata = turn.metadata};
  if (turn.channel != kChannel || turn.origin != Origin::kUser || !(read == turn_of(entry.id, 0))) entry.id = kNobodys;
  return entry;
}

Entry entry_of(const Preference& preference) {
  return {.rev = preference.rev,
          .number = preference.frequency,
          .version = preference.version,
          .value = whole_of(preference.value),
          .confidence = preference.confidence,
          .kind = Kind::kSetPreference,
          .name = find_name(preference.key)};
}

Entry entry_of(const Dimension& dimension) {
  return {.rev = dimension.rev,
          .version = dimension.version,
          .value = value_of(dimension.value),
          .confidence = dimension.confidence,
          .kind = Kind::kSetDimension,
          .name = find_name(dimension.name)};
}

Entry entry_of(const Evolution& evolution) {
  Entry entry{.id = number_of(evolution.operation),
              .rev = evolution.rev,
              .version = evolution.version,
              .value = value_of(evolution.new_value),
              .before = value_of(evolution.old_value),
              .confidence_change = evolution.confidence_change,
              .kind = Kind::kSetDimension,
              .name = find_name(evolution.dimension)};
  if (evolution.trigger != trigger_of(entry.id)) entry.id = kNobodys;
  return entry;
}

Entry entry_of(const Fact& fact) {
  Entry entry{.id = number_of(fact.id),
              .rev = fact.rev,
              .version = fact.version,
              .confidence = fact.confidence,
              .kind = Kind::kRememberFact};
  if (fact.text != fact_text(entry.id) || fact.channel != kChannel) entry.id = kNobodys;
  return entry;
}

}  // namespace penny::proof::histories
