#include "cli/json_form.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <boost/json.hpp>

#include "base/json_value.hpp"
#include "cli/values.hpp"

namespace penny::cli {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

// JSON that the store keeps as text. Text that is none (a forgotten turn's is empty) is null.
value stored_json(const std::string& text) { return base::read_json(text).value; }

value json(const DimensionValue& dimension_value) {
  return std::visit([](const auto& held) { return value(held); }, dimension_value);
}

value json(const std::optional<Time>& time) { return time ? value(format_time(*time)) : value(nullptr); }

value json(const std::optional<std::string>& text) { return text ? value(*text) : value(nullptr); }

value json(const std::optional<std::chrono::milliseconds>& duration) {
  return duration ? value(static_cast<std::int64_t>(duration->count())) : value(nullptr);
}

array json(const std::vector<std::string>& texts) {
  array out;
  for (const auto& text : texts) out.emplace_back(text);
  return out;
}

object payload_json(const AppendTurn& turn) {
  return {{"user_input", turn.user_input},
          {"assistant_response", turn.assistant_response},
          {"modality", to_string(turn.modality)},
          {"session", json(turn.session)},
          {"response_time_ms", turn.response_time_ms},
          {"confidence", turn.confidence},
          {"metadata", stored_json(turn.metadata)}};
}

object payload_json(const EndSession& end) { return {{"session", json(end.session)}}; }

object payload_json(const ObservePreference& preference) {
  return {{"key", preference.key}, {"value", stored_json(preference.value)}, {"confidence", preference.confidence}};
}

object payload_json(const SetPreference& preference) {
  return {{"key", preference.key}, {"value", stored_json(preference.value)}, {"confidence", preference.confidence}};
}

object payload_json(const AdjustDimension& dimension) {
  return {{"name", dimension.name},
          {"delta", dimension.delta},
          {"confidence_change", dimension.confidence_change},
          {"trigger", dimension.trigger}};
}

object payload_json(const ObserveDimension& dimension) {
  return {{"name", dimension.name},
          {"value", json(dimension.value)},
          {"confidence", dimension.confidence},
          {"trigger", dimension.trigger}};
}

object payload_json(const SetDimension& dimension) {
  return {{"name", dimension.name},
          {"value", json(dimension.value)},
          {"confidence_change", dimension.confidence_change},
          {"trigger", dimension.trigger}};
}

object payload_json(const RememberFact& fact) { return {{"text", fact.text}, {"confidence", fact.confidence}}; }

object payload_json(const ForgetFact& forget) { return {{"fact", forget.fact.to_string()}}; }

object payload_json(const ForgetTurn& forget) { return {{"turn", forget.turn.to_string()}}; }

object payload_json(const ForgetTurns& forget) {
  object json{{"first_rev", forget.first_rev}, {"last_rev", forget.last_rev}};
  if (forget.session) json["session"] = *forget.session;
  return json;
}

object payload_json(const ForgetPreference& forget) { return {{"key", forget.key}}; }

object payload_json(const EraseUser&) { return {}; }

object payload_json(const TakeToolPermit& permit) {
  return {{"tool", permit.tool},
          {"input", stored_json(permit.input)},
          {"calls_max", permit.calls_max},
          {"window_s", permit.window_s}};
}

object payload_json(const RecordToolOutcome& outcome) {
  return {{"call", outcome.call.to_string()},
          {"status", to_string(outcome.status)},
          {"output", outcome.output},
          {"took_ms", outcome.took_ms}};
}

object result_json(const TurnResult& turn) {
  return {{"session", turn.session}, {"session_first_rev", turn.session_first_rev}, {"number", turn.number}};
}

object result_json(const ForgottenResult& forgotten) { return {{"turns", forgotten.turns}}; }

object result_json(const ErasedResult& erased) { return {{"operations", erased.operations}}; }

object result_json(const PermitResult& permit) {
  return {{"calls_left", permit.calls_left}, {"boot", permit.boot}, {"boot_time_us", permit.boot_time_us}};
}

object result_json(const ToolOutcomeResult& outcome) { return {{"tool", outcome.tool}}; }

object result_json(const SessionResult& session) {
  return {{"session", session.session}, {"turn_count", session.turn_count}, {"was_open", session.was_open}};
}

object result_json(const PreferenceResult& preference) {
  return {{"confidence", preference.confidence},
          {"frequency", preference.frequency},
          {"version", preference.version},
          {"is_value_taken", preference.is_value_taken}};
}

object result_json(const DimensionResult& dimension) {
  return {{"value", json(dimension.value)}, {"confidence", dimension.confidence}, {"version", dimension.version}};
}

object result_json(const FactResult& fact) { return {{"fact", fact.fact.to_string()}, {"version", fact.version}}; }

object json(const Participant& participant) {
  return {{"pid", participant.pid},
          {"command", participant.command},
          {"state", participant.state},
          {"is_waiting_for_gate", participant.is_waiting_for_gate},
          {"oldest_read_ms", json(participant.oldest_read)}};
}

}  // namespace

object to_json(const Turn& turn) {
  return {{"rev", turn.rev},
          {"id", turn.id.to_string()},
          {"at", format_time(turn.at)},
          {"modality", to_string(turn.modality)},
          {"session", turn.session},
          {"number", turn.number},
          {"user_input", turn.user_input},
          {"assistant_response", turn.assistant_response},
          {"response_time_ms", turn.response_time_ms},
          {"confidence", turn.confidence},
          {"metadata", stored_json(turn.metadata)},
          {"origin", to_string(turn.origin)},
          {"channel", turn.channel},
          {"is_forgotten", turn.is_forgotten}};
}

object to_json(const Session& session) {
  return {{"id", session.id},
          {"first_rev", session.first_rev},
          {"last_turn_rev", session.last_turn_rev},
          {"turn_count", session.turn_count},
          {"started_at", format_time(session.started_at)},
          {"ended_at", json(session.ended_at)},
          {"topics", json(session.topics)},
          {"summary", session.summary}};
}

object to_json(const Preference& preference) {
  return {{"key", preference.key},
          {"value", stored_json(preference.value)},
          {"confidence", preference.confidence},
          {"frequency", preference.frequency},
          {"version", preference.version},
          {"rev", preference.rev},
          {"updated_at", format_time(preference.updated_at)}};
}

object to_json(const Dimension& dimension) {
  return {{"name", dimension.name},
          {"kind", dimension.kind == DimensionKind::kContinuous ? "continuous" : "categorical"},
          {"value", json(dimension.value)},
          {"confidence", dimension.confidence},
          {"version", dimension.version},
          {"rev", dimension.rev},
          {"updated_at", json(dimension.updated_at)}};
}

object to_json(const Evolution& evolution) {
  return {{"dimension", evolution.dimension},
          {"version", evolution.version},
          {"old_value", json(evolution.old_value)},
          {"new_value", json(evolution.new_value)},
          {"confidence_change", evolution.confidence_change},
          {"trigger", evolution.trigger},
          {"operation", evolution.operation.to_string()},
          {"rev", evolution.rev},
          {"at", format_time(evolution.at)}};
}

object to_json(const Fact& fact) {
  return {{"id", fact.id.to_string()},        {"text", fact.text},      {"confidence", fact.confidence},
          {"version", fact.version},          {"rev", fact.rev},        {"at", format_time(fact.at)},
          {"origin", to_string(fact.origin)}, {"channel", fact.channel}};
}

object to_json(const PreferenceEvent& event) {
  const auto held = [](const std::optional<std::string>& text) { return text ? stored_json(*text) : value(nullptr); };
  return {{"rev", event.rev},
          {"at", format_time(event.at)},
          {"operation", event.operation.to_string()},
          {"kind", event.kind},
          {"origin", to_string(event.origin)},
          {"channel", event.channel},
          {"given", held(event.given)},
          {"value", held(event.value)},
          {"confidence", event.confidence},
          {"frequency", event.frequency},
          {"version", event.version},
          {"is_forgotten", event.is_forgotten}};
}

object to_json(const FactEvent& event) {
  return {{"rev", event.rev},
          {"at", format_time(event.at)},
          {"operation", event.operation.to_string()},
          {"kind", event.kind},
          {"origin", to_string(event.origin)},
          {"channel", event.channel},
          {"text", json(event.text)},
          {"confidence", event.confidence},
          {"version", event.version},
          {"is_forgotten", event.is_forgotten}};
}

object to_json(const Change& change) {
  const Operation& operation = change.operation;
  return {{"rev", change.rev},
          {"seq", change.seq},
          {"user", operation.user},
          {"id", operation.id ? value(operation.id->to_string()) : value(nullptr)},
          {"at", json(operation.at)},
          {"origin", to_string(operation.origin)},
          {"channel", operation.channel},
          {"kind", kind_name(operation.payload)},
          {"payload", to_json(operation.payload)},
          {"result", to_json(change.result)},
          {"is_forgotten", change.is_forgotten}};
}

object to_json(const OperationResult& result) {
  return std::visit([](const auto& held) { return result_json(held); }, result);
}

object to_json(const Payload& payload) {
  return std::visit([](const auto& held) { return payload_json(held); }, payload);
}

object to_json(const Outcome& outcome, std::string_view kind) {
  return {{"id", outcome.id.to_string()},
          {"rev", outcome.rev},
          {"kind", kind},
          {"outcome", outcome.is_already_stored ? "already_stored" : "stored"},
          {"result", to_json(outcome.result)}};
}

object to_json(const UserStatistics& statistics) {
  return {{"operations", statistics.operations},
          {"turns", statistics.turns},
          {"turns_last_7_days", statistics.turns_last_7_days},
          {"sessions", statistics.sessions},
          {"preferences", statistics.preferences},
          {"dimensions", statistics.dimensions},
          {"facts", statistics.facts},
          {"open_session", json(statistics.open_session)}};
}

object to_json(const StoreStatistics& statistics) {
  return {{"users", statistics.users},
          {"operations", statistics.operations},
          {"turns", statistics.turns},
          {"file_bytes", statistics.file_bytes},
          {"wal_bytes", statistics.wal_bytes}};
}

object to_json(const Diagnosis& diagnosis) {
  array connections;
  for (const auto& connection : diagnosis.connections) {
    connections.emplace_back(object{{"role", connection.role},
                                    {"journal_mode", connection.journal_mode},
                                    {"busy_timeout_ms", connection.busy_timeout_ms},
                                    {"synchronous", connection.synchronous},
                                    {"is_read_only", connection.is_read_only}});
  }
  array participants;
  for (const auto& participant : diagnosis.participants) participants.emplace_back(json(participant));
  return {{"path", diagnosis.path},
          {"store_id", diagnosis.store_id},
          {"penny_version", diagnosis.penny_version},
          {"sqlite_version", diagnosis.sqlite_version},
          {"file_system", diagnosis.file_system},
          {"schema_version", diagnosis.schema_version},
          {"page_size", diagnosis.page_size},
          {"connections", std::move(connections)},
          {"gate_holder", diagnosis.gate_holder ? value(json(*diagnosis.gate_holder)) : value(nullptr)},
          {"gate_held_for_ms", json(diagnosis.gate_held_for)},
          {"participants", std::move(participants)},
          {"statistics", to_json(diagnosis.statistics)},
          {"anchor", diagnosis.anchor},
          {"ballast", diagnosis.ballast},
          {"warnings", json(diagnosis.warnings)}};
}

object to_json(const VerifyReport& report) {
  object form{{"is_whole", report.problems.empty()}, {"users", report.users},
              {"operations", report.operations},     {"forgotten", report.forgotten},
              {"problems", json(report.problems)},   {"notes", json(report.notes)}};
  if (!report.deep) return form;
  const SearchIndexReport& index = report.deep->search_index;
  form["deep"] = object{{"search_index", object{{"state", to_string(index.state)},
                                                {"documents", index.documents},
                                                {"indexed_to", index.indexed_to},
                                                {"has_marked", index.has_marked},
                                                {"problems", json(index.problems)},
                                                {"file", index.file}}},
                        {"free_pages", report.deep->free_pages},
                        {"free_pages_with_content", report.deep->free_pages_with_content},
                        {"pages_with_copies", report.deep->pages_with_copies}};
  return form;
}

}  // namespace penny::cli
