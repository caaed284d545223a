#include "model/validation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include <penny/limits.hpp>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/proof.hpp"
#include "base/utf8.hpp"
#include "model/condition.hpp"
#include "model/encoding.hpp"
#include "model/kind.hpp"
#include "model/origin.hpp"

namespace penny::model {
namespace {

// The store keeps revs and versions as signed numbers.
constexpr std::uint64_t kRevMax = std::numeric_limits<std::int64_t>::max();

constexpr Time kTimeFirst = std::chrono::sys_days{std::chrono::year{1970} / 1 / 1};
constexpr Time kTimeEnd = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1};

std::unexpected<Error> refuse(std::string_view field, std::string message, std::string advice) {
  return base::fail(ErrorCode::kInvalid, std::move(message), std::move(advice), std::string(field));
}

Result<void> check_size(std::string_view value, std::string_view field, std::size_t size_min, std::size_t size_max) {
  if (value.size() > size_max && !base::proof::is_planted("sizes_not_checked")) {
    return refuse(field, fmt::format("{} has {} bytes; the limit is {}", field, value.size(), size_max), "shorten it");
  }
  if (value.size() < size_min) {
    return refuse(field, fmt::format("{} has {} bytes; it needs at least {}", field, value.size(), size_min),
                  "give it a value");
  }
  return {};
}

Result<void> check_text(std::string_view value, std::string_view field, std::size_t size_min, std::size_t size_max) {
  if (auto sized = check_size(value, field, size_min, size_max); !sized) return sized;
  if (const std::size_t place = value.find('\0');
      place != std::string_view::npos && !base::proof::is_planted("nul_accepted")) {
    return refuse(field, fmt::format("{} holds a NUL at byte {} of {}", field, place, value.size()),
                  "leave NUL characters out");
  }
  if (!base::is_valid_utf8(value)) {
    return refuse(field, fmt::format("{} is not valid UTF-8; it has {} bytes", field, value.size()),
                  "encode it as UTF-8");
  }
  return {};
}

Result<void> check_number(double value, std::string_view field, double least, double most) {
  if (!(value >= least && value <= most) && !base::proof::is_planted("numbers_not_checked")) {
    return refuse(field, fmt::format("{} is {}; it must be in {}..{}", field, value, least, most),
                  "send a number in this range");
  }
  // It would be read back as 0, which is the same number in other bits, and no longer match its hash.
  if (value == 0 && std::signbit(value)) {
    return refuse(field, fmt::format("{} is -0; it must be in {}..{}, and zero without a sign", field, least, most),
                  "send 0");
  }
  return {};
}

Result<void> check_confidence(double value) { return check_number(value, "confidence", 0, 1); }

Result<void> check_confidence_change(double value) { return check_number(value, "confidence_change", -1, 1); }

Result<void> check_trigger(std::string_view value) { return check_text(value, "trigger", 0, limits::kTriggerBytesMax); }

Result<void> check_session(const std::optional<std::string>& session) {
  return session ? validate_name(*session, "session") : Result<void>{};
}

Result<void> check_value(const DimensionValue& value) {
  if (const double* number = std::get_if<double>(&value)) return check_number(*number, "value", 0, 1);
  return validate_name(std::get<std::string>(value), "value");
}

template <class Enumeration>
Result<void> check_enumeration(Enumeration value, std::string_view field, Enumeration last) {
  const auto number = static_cast<unsigned>(value);
  if (number < 1 || number > static_cast<unsigned>(last)) {
    return refuse(field,
                  fmt::format("{} is number {}; it must be in 1..{}", field, number, static_cast<unsigned>(last)),
                  "use one of the named values");
  }
  return {};
}

// The first refusal of several checks, which are made in turn.
template <class... Checks>
Result<void> first_refusal(Checks... checks) {
  Result<void> result;
  static_cast<void>(((result = checks()).has_value() && ...));
  return result;
}

Result<void> check(const AppendTurn& turn) {
  return first_refusal(
      [&] { return check_text(turn.user_input, "user_input", 0, limits::kTextBytesMax); },
      [&] { return check_text(turn.assistant_response, "assistant_response", 0, limits::kTextBytesMax); },
      [&]() -> Result<void> {
        if (!turn.user_input.empty() || !turn.assistant_response.empty()) return {};
        return refuse("user_input", "user_input and assistant_response have 0 bytes; one of them needs at least 1",
                      "give one of them a text");
      },
      [&] { return check_enumeration(turn.modality, "modality", Modality::kAgent); },
      [&] { return check_session(turn.session); },
      [&] { return check_number(turn.response_time_ms, "response_time_ms", 0, limits::kResponseTimeMsMax); },
      [&] { return check_confidence(turn.confidence); },
      [&] { return base::check_json_object(turn.metadata, "metadata"); });
}

Result<void> check(const EndSession& end) { return check_session(end.session); }

// Both kinds have the same fields.
template <class Preference>
Result<void> check_preference(const Preference& preference) {
  return first_refusal([&] { return validate_name(preference.key, "key"); },
                       [&] { return base::check_json_value(preference.value, "value"); },
                       [&] { return check_confidence(preference.confidence); });
}

Result<void> check(const ObservePreference& observation) { return check_preference(observation); }

Result<void> check(const SetPreference& setting) { return check_preference(setting); }

Result<void> check(const AdjustDimension& adjustment) {
  return first_refusal([&] { return validate_name(adjustment.name, "name"); },
                       [&] { return check_number(adjustment.delta, "delta", -1, 1); },
                       [&] { return check_confidence_change(adjustment.confidence_change); },
                       [&] { return check_trigger(adjustment.trigger); });
}

Result<void> check(const ObserveDimension& observation) {
  return first_refusal(
      [&] { return validate_name(observation.name, "name"); }, [&] { return check_value(observation.value); },
      [&] { return check_confidence(observation.confidence); }, [&] { return check_trigger(observation.trigger); });
}

Result<void> check(const SetDimension& setting) {
  return first_refusal([&] { return validate_name(setting.name, "name"); }, [&] { return check_value(setting.value); },
                       [&] { return check_confidence_change(setting.confidence_change); },
                       [&] { return check_trigger(setting.trigger); });
}

Result<void> check(const RememberFact& fact) {
  return first_refusal([&] { return check_text(fact.text, "text", 1, limits::kTextBytesMax); },
                       [&] { return check_confidence(fact.confidence); });
}

Result<void> check(const ForgetFact&) { return {}; }

Result<void> check(const ForgetTurn&) { return {}; }

Result<void> check(const ForgetTurns& turns) {
  if (turns.first_rev < 1 || turns.last_rev < turns.first_rev)
    return refuse("first_rev", "the first rev is 1 or more, and not after the last one",
                  "give the revs in their order");
  if (turns.last_rev - turns.first_rev >= limits::kForgottenRevsMax) {
    return refuse("last_rev", fmt::format("it spans more than {} revs", limits::kForgottenRevsMax),
                  "forget them in several operations");
  }
  if (!turns.session) return {};
  return validate_name(*turns.session, "session");
}

Result<void> check(const ForgetPreference& preference) { return validate_name(preference.key, "key"); }

Result<void> check(const EraseUser&) { return {}; }

Result<void> check_count(std::uint64_t value, std::string_view field, std::uint64_t most) {
  if (value >= 1 && value <= most) return {};
  return refuse(field, fmt::format("{} is {}; it must be in 1..{}", field, value, most), "send a number in this range");
}

Result<void> check(const TakeToolPermit& permit) {
  return first_refusal([&] { return validate_name(permit.tool, "tool"); },
                       [&] { return base::check_json_object(permit.input, "input"); },
                       [&] { return check_count(permit.calls_max, "calls_max", limits::kToolCallsMax); },
                       [&] {
                         return check_count(permit.window_s, "window_s",
                                            static_cast<std::uint64_t>(limits::kToolWindowMax.count()));
                       });
}

Result<void> check(const RecordToolOutcome& outcome) {
  return first_refusal([&] { return check_enumeration(outcome.status, "status", ToolCallStatus::kCancelled); },
                       [&]() -> Result<void> {
                         if (outcome.status != ToolCallStatus::kUnknown) return {};
                         return refuse("status", "status is unknown, which is no outcome", "record what became of it");
                       },
                       [&] { return check_text(outcome.output, "output", 0, limits::kToolOutputBytesMax); },
                       [&] { return check_number(outcome.took_ms, "took_ms", 0, limits::kResponseTimeMsMax); });
}

Result<void> check_at(const std::optional<Time>& at) {
  if (!at || (*at >= kTimeFirst && *at < kTimeEnd)) return {};
  return refuse("at",
                fmt::format("at is {} microseconds since 1970; it must be in the years 1970..9999",
                            at->time_since_epoch().count()),
                "send microseconds since 1970 in UTC, or leave it out");
}

bool has_version(Kind kind) {
  switch (kind) {
    case Kind::kAppendTurn:
    case Kind::kEndSession:
    case Kind::kRememberFact:
    case Kind::kForgetTurn:
    case Kind::kForgetTurns:
    case Kind::kEraseUser:
    case Kind::kTakeToolPermit:
    case Kind::kRecordToolOutcome:
      return false;
    default:
      return true;
  }
}

Result<void> check_if_version(const Operation& operation) {
  if (!operation.if_version) return {};
  if (*operation.if_version > kRevMax) {
    return refuse("if_version", fmt::format("if_version is {}; the limit is {}", *operation.if_version, kRevMax),
                  "send the version that was read");
  }
  const Kind kind = kind_of(operation.payload);
  if (has_version(kind)) return {};
  return refuse("if_version",
                fmt::format("if_version is {}, but {} changes nothing that has a version", *operation.if_version,
                            kind_name(kind)),
                "leave it out, or use if_unchanged_since");
}

Result<void> check_condition(const IfUnchangedSince& condition) {
  constexpr std::string_view kField = "if_unchanged_since";
  if (condition.rev > kRevMax) {
    return refuse(kField, fmt::format("{}: rev is {}; the limit is {}", kField, condition.rev, kRevMax),
                  "send the rev that was read");
  }
  if (condition.keys.size() > limits::kConditionKeysMax) {
    return refuse(
        kField,
        fmt::format("{} has {} keys; the limit is {}", kField, condition.keys.size(), limits::kConditionKeysMax),
        "name fewer keys");
  }
  for (const std::string& key : condition.keys) {
    if (auto parsed = parse_condition_key(key); !parsed) return std::unexpected(std::move(parsed.error()));
  }
  return {};
}

// The place of the first operation whose id an earlier one has; the number of operations if there is none.
std::size_t place_of_repeated_id(const std::vector<Operation>& operations) {
  for (std::size_t place = 1; place < operations.size(); ++place) {
    const auto& id = operations[place].id;
    const auto end = operations.begin() + static_cast<std::ptrdiff_t>(place);
    if (id && std::any_of(operations.begin(), end, [&](const Operation& other) { return other.id == id; })) {
      return place;
    }
  }
  return operations.size();
}

Result<void> check_together(const std::vector<Operation>& operations) {
  const auto other = std::find_if(operations.begin(), operations.end(), [&](const Operation& operation) {
    return operation.user != operations.front().user;
  });
  if (other != operations.end()) {
    return refuse("user",
                  fmt::format("user: operations[{}] is of another user than operations[0]; a batch has 1 user",
                              other - operations.begin()),
                  "send one batch for each user");
  }
  const bool has_erase = std::ranges::any_of(
      operations, [](const Operation& operation) { return std::holds_alternative<EraseUser>(operation.payload); });
  if (has_erase && operations.size() > 1)
    return refuse("operations", "an erase is a batch of its own",
                  "send it by itself, and the others before or after it");
  if (const std::size_t place = place_of_repeated_id(operations); place != operations.size()) {
    return refuse("id",
                  fmt::format("id: operations[{}] has the id {} of an earlier operation", place,
                              operations[place].id->to_string()),
                  "give each operation an id of its own, or none");
  }
  std::uint64_t forgotten_revs = 0;
  for (const Operation& operation : operations) {
    if (const auto* turns = std::get_if<ForgetTurns>(&operation.payload))
      forgotten_revs += turns->last_rev - turns->first_rev + 1;
  }
  if (forgotten_revs > limits::kForgottenRevsMax) {
    return refuse("operations",
                  fmt::format("together they forget the turns of {} revs; the limit is {}", forgotten_revs,
                              limits::kForgottenRevsMax),
                  "send several batches");
  }
  std::size_t size = 0;
  for (const Operation& operation : operations) size += size_bytes(operation);
  if (size > limits::kBatchBytesMax) {
    return refuse("operations", fmt::format("operations have {} bytes; the limit is {}", size, limits::kBatchBytesMax),
                  "send several batches");
  }
  return {};
}

// What others say is kept as a turn or in the journal of calls. It changes nothing of what the user is known by, or a page could.
Result<void> check_words_of_others(const Operation& operation) {
  if (!is_of_others(operation.origin) || base::proof::is_planted("words_of_others_taken")) return {};
  const bool is_kept_apart = std::holds_alternative<AppendTurn>(operation.payload) ||
                             std::holds_alternative<EndSession>(operation.payload) ||
                             std::holds_alternative<TakeToolPermit>(operation.payload) ||
                             std::holds_alternative<RecordToolOutcome>(operation.payload);
  if (is_kept_apart) return {};
  return refuse("origin",
                fmt::format("origin is {}, whose words never become or change what is known of a user",
                            to_string(operation.origin)),
                "ask the user, and write what the user says");
}

}  // namespace

Result<void> validate(const Operation& operation) {
  return first_refusal(
      [&] { return validate_user(operation.user); },
      [&] { return std::visit([](const auto& payload) { return check(payload); }, operation.payload); },
      [&] { return check_at(operation.at); },
      [&] { return check_enumeration(operation.origin, "origin", Origin::kImport); },
      [&] { return check_words_of_others(operation); },
      [&] { return operation.channel.empty() ? Result<void>{} : validate_name(operation.channel, "channel"); },
      [&] { return check_if_version(operation); });
}

Result<void> validate(const Batch& batch) {
  const std::vector<Operation>& operations = batch.operations;
  const std::size_t most = base::proof::is_planted("batch_of_any_length_accepted") ? 1000 : limits::kBatchOperationsMax;
  if (operations.empty() || operations.size() > most) {
    return refuse(
        "operations",
        fmt::format("the batch has {} operations; it must be 1..{}", operations.size(), limits::kBatchOperationsMax),
        operations.empty() ? "add an operation" : "send several batches");
  }
  for (std::size_t place = 0; place < operations.size(); ++place) {
    auto valid = validate(operations[place]);
    if (valid) continue;
    Error error = std::move(valid.error());
    if (operations.size() > 1) {
      error.message = fmt::format("operations[{}]: {}", place, error.message);
      error.field = fmt::format("operations[{}].{}", place, error.field);
    }
    return std::unexpected(std::move(error));
  }
  return first_refusal(
      [&] { return check_together(operations); },
      [&] { return batch.if_unchanged_since ? check_condition(*batch.if_unchanged_since) : Result<void>{}; });
}

Result<void> validate_user(std::string_view user) { return validate_name(user, "user"); }

Result<void> validate_name(std::string_view value, std::string_view field) {
  if (auto checked = check_text(value, field, 1, limits::kNameBytesMax); !checked) return checked;
  if (!base::is_printable_utf8(value)) {
    return refuse(
        field,
        fmt::format("{} holds a character that cannot be printed on one line; it has {} bytes", field, value.size()),
        "leave control characters, line separators and direction marks out");
  }
  return {};
}

Result<void> validate_limit(std::size_t limit) {
  if (limit >= 1 && limit <= limits::kPageItemsMax) return {};
  return refuse("limit", fmt::format("limit is {}; it must be in 1..{}", limit, limits::kPageItemsMax),
                "ask for several pages");
}

std::size_t size_bytes(const Operation& operation) {
  return operation.user.size() + operation.channel.size() + encoded_size(operation.payload);
}

}  // namespace penny::model
