// Reading lines of an export, which are a stranger's.

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <penny/limits.hpp>
#include <penny/model.hpp>

#include "base/error.hpp"
#include "base/time_text.hpp"
#include "model/flat_json.hpp"
#include "model/user_lines.hpp"

namespace penny::model {
namespace {

using Parsed = std::variant<UserHeader, UserLine, UserEnd>;

constexpr std::uint64_t kNumberMax = std::numeric_limits<std::int64_t>::max();

std::unexpected<Error> refuse(std::string_view field, std::string what) {
  return base::fail(ErrorCode::kInvalid, fmt::format("{} {}", field, what), "send lines as `penny export` writes them",
                    std::string(field));
}

// Takes members out of an object by their names, once each; remembers the first thing that is wrong.
class Taker {
 public:
  explicit Taker(std::vector<FlatMember>& members) : members_(members) {}

  void take(std::string_view name, std::string& target) { take_as(name, target, "a string"); }
  void take(std::string_view name, std::uint64_t& target) {
    take_as(name, target, "a whole number");
    if (target > kNumberMax) refuse_value(name, fmt::format("is {}; the limit is {}", target, kNumberMax));
  }
  void take(std::string_view name, double& target) {
    FlatValue value = value_of(name);
    if (const auto* whole = std::get_if<std::uint64_t>(&value)) {
      target = static_cast<double>(*whole);
    } else if (const auto* number = std::get_if<double>(&value)) {
      target = *number;
    } else {
      refuse_value(name, "is no number");
    }
  }
  void take(std::string_view name, DimensionValue& target) {
    const FlatMember* const member = find(name);
    if (member != nullptr && std::holds_alternative<std::string>(member->value)) {
      take(name, target.emplace<std::string>());
    } else {
      take(name, target.emplace<double>());
    }
  }
  void take(std::string_view name, OperationId& target) {
    read_as(name, target, "a UUID of 36 characters", [](std::string_view text) { return OperationId::parse(text); });
  }
  void take(std::string_view name, Time& target) { read_as(name, target, "a time", base::parse_time); }
  void take(std::string_view name, Origin& target) {
    read_as(name, target, "user, assistant, tool, web or import", parse_origin);
  }
  void take(std::string_view name, Modality& target) { read_as(name, target, "chat, voice or agent", parse_modality); }
  void take(std::string_view name, ToolCallStatus& target) {
    read_as(name, target, "succeeded, failed, timed_out or cancelled", parse_tool_call_status);
  }
  // A member that may be left out.
  template <class Target>
  void take(std::string_view name, std::optional<Target>& target) {
    if (find(name) == nullptr) return;
    Target value{};
    take(name, value);
    target = std::move(value);
  }
  void take_flag(std::string_view name, bool& target) {
    if (find(name) != nullptr) take_as(name, target, "true or false");
  }

  // What is wrong; also a member that nobody asked for.
  [[nodiscard]] std::optional<Error> problem() const {
    if (problem_ || members_.empty()) return problem_;
    const std::string& name = members_.front().name;
    return refuse(name, "is no member of such a line").error();
  }

 private:
  const FlatMember* find(std::string_view name) const {
    const auto found = std::ranges::find(members_, name, &FlatMember::name);
    return found == members_.end() ? nullptr : &*found;
  }
  FlatValue value_of(std::string_view name) {
    const auto found = std::ranges::find(members_, name, &FlatMember::name);
    if (found == members_.end()) {
      refuse_value(name, "is missing");
      return nullptr;
    }
    FlatValue value = std::move(found->value);
    members_.erase(found);
    return value;
  }
  template <class Target>
  void take_as(std::string_view name, Target& target, std::string_view expected) {
    FlatValue value = value_of(name);
    if (auto* held = std::get_if<Target>(&value)) {
      target = std::move(*held);
    } else {
      refuse_value(name, fmt::format("is not {}", expected));
    }
  }
  template <class Target, class Read>
  void read_as(std::string_view name, Target& target, std::string_view expected, Read read) {
    std::string text;
    take(name, text);
    if (problem_) return;
    if (const std::optional<Target> value = read(text)) {
      target = *value;
    } else {
      refuse_value(name, fmt::format("is not {}", expected));
    }
  }
  void refuse_value(std::string_view name, std::string what) {
    if (!problem_) problem_ = refuse(name, std::move(what)).error();
  }

  std::vector<FlatMember>& members_;
  std::optional<Error> problem_;
};

void take(Taker& taker, AppendTurn& turn) {
  taker.take("user_input", turn.user_input);
  taker.take("assistant_response", turn.assistant_response);
  taker.take("modality", turn.modality);
  taker.take("session", turn.session);
  taker.take("response_time_ms", turn.response_time_ms);
  taker.take("confidence", turn.confidence);
  taker.take("metadata", turn.metadata);
}

void take(Taker& taker, EndSession& end) { taker.take("session", end.session); }

template <class Preference>
void take_preference(Taker& taker, Preference& preference) {
  taker.take("key", preference.key);
  taker.take("value", preference.value);
  taker.take("confidence", preference.confidence);
}

void take(Taker& taker, ObservePreference& observation) { take_preference(taker, observation); }

void take(Taker& taker, SetPreference& setting) { take_preference(taker, setting); }

void take(Taker& taker, AdjustDimension& adjustment) {
  taker.take("name", adjustment.name);
  taker.take("delta", adjustment.delta);
  taker.take("confidence_change", adjustment.confidence_change);
  taker.take("trigger", adjustment.trigger);
}

void take(Taker& taker, ObserveDimension& observation) {
  taker.take("name", observation.name);
  taker.take("value", observation.value);
  taker.take("confidence", observation.confidence);
  taker.take("trigger", observation.trigger);
}

void take(Taker& taker, SetDimension& setting) {
  taker.take("name", setting.name);
  taker.take("value", setting.value);
  taker.take("confidence_change", setting.confidence_change);
  taker.take("trigger", setting.trigger);
}

void take(Taker& taker, RememberFact& fact) {
  taker.take("text", fact.text);
  taker.take("confidence", fact.confidence);
}

void take(Taker& taker, ForgetFact& forget) { taker.take("fact", forget.fact); }

void take(Taker& taker, ForgetTurn& forget) { taker.take("turn", forget.turn); }

void take(Taker& taker, ForgetTurns& forget) {
  taker.take("first_number", forget.first_rev);
  taker.take("last_number", forget.last_rev);
  taker.take("session", forget.session);
}

void take(Taker& taker, ForgetPreference& forget) { taker.take("key", forget.key); }

void take(Taker&, EraseUser&) {}

void take(Taker& taker, TakeToolPermit& permit) {
  taker.take("tool", permit.tool);
  taker.take("input", permit.input);
  taker.take("calls_max", permit.calls_max);
  taker.take("window_s", permit.window_s);
}

void take(Taker& taker, RecordToolOutcome& outcome) {
  taker.take("call", outcome.call);
  taker.take("status", outcome.status);
  taker.take("output", outcome.output);
  taker.take("took_ms", outcome.took_ms);
}

// The payload of the kind with that name, as it is before its members are read.
template <std::size_t kPlace = 0>
std::optional<Payload> payload_named(std::string_view kind) {
  if constexpr (kPlace == std::variant_size_v<Payload>) {
    return std::nullopt;
  } else {
    Payload payload(std::in_place_index<kPlace>);
    return kind_name(payload) == kind ? std::optional(std::move(payload)) : payload_named<kPlace + 1>(kind);
  }
}

Result<Parsed> read_header(Taker& taker) {
  UserHeader header;
  std::string format;
  std::uint64_t version = 0;
  taker.take("format", format);
  taker.take("version", version);
  taker.take("user", header.user);
  if (auto problem = taker.problem()) return std::unexpected(*std::move(problem));
  if (format != "penny user") return refuse("format", "is not \"penny user\"");
  if (version != 1) return refuse("version", fmt::format("is {}; this program reads version 1", version));
  return header;
}

Result<Parsed> read_operation(Taker& taker, FlatObject& object) {
  UserLine line;
  Operation& operation = line.operation;
  std::string kind;
  taker.take("number", line.number);
  taker.take("id", operation.id.emplace());
  taker.take("at", operation.at.emplace());
  taker.take("origin", operation.origin);
  taker.take("channel", operation.channel);
  std::optional<std::uint64_t> place;
  std::optional<std::uint64_t> size;
  taker.take("batch_place", place);
  taker.take("batch_size", size);
  taker.take("if_version", operation.if_version);
  taker.take_flag("is_forgotten", line.is_forgotten);
  taker.take("kind", kind);
  if (auto problem = taker.problem()) return std::unexpected(*std::move(problem));
  line.batch_place = place.value_or(1);
  line.batch_size = size.value_or(1);
  if (line.batch_size < 1 || line.batch_size > limits::kBatchOperationsMax) {
    return refuse("batch_size",
                  fmt::format("is {}; it must be in 1..{}", line.batch_size, limits::kBatchOperationsMax));
  }
  if (line.batch_place < 1 || line.batch_place > line.batch_size)
    return refuse("batch_place", fmt::format("is {}; it must be in 1..{}", line.batch_place, line.batch_size));
  if (object.inner_name != "payload") return refuse("payload", "is missing, or is no object");
  auto payload = payload_named(kind);
  if (!payload) return refuse("kind", "is no kind of operation");
  if (std::holds_alternative<EraseUser>(*payload))
    return refuse("kind", "is erase_user, which is never imported: it would erase whoever has that name here");
  Taker inner(object.inner);
  std::visit([&](auto& held) { take(inner, held); }, *payload);
  if (auto problem = inner.problem()) {
    problem->field = "payload." + problem->field;
    problem->message = "payload." + problem->message;
    return std::unexpected(*std::move(problem));
  }
  operation.payload = *std::move(payload);
  return line;
}

Result<Parsed> read_end(Taker& taker) {
  UserEnd end;
  taker.take("operations", end.operations);
  if (auto problem = taker.problem()) return std::unexpected(*std::move(problem));
  return end;
}

}  // namespace

Result<std::variant<UserHeader, UserLine, UserEnd>> read_user_line(std::string_view text) {
  if (text.size() > kUserLineBytesMax) {
    return base::fail(ErrorCode::kInvalid,
                      fmt::format("the line has {} bytes; the limit is {}", text.size(), kUserLineBytesMax),
                      "send lines as `penny export` writes them");
  }
  auto object = read_flat_json(text);
  if (!object) return std::unexpected(object.error());
  Taker taker(object->members);
  const auto has = [&](std::string_view name) {
    return std::ranges::find(object->members, name, &FlatMember::name) != object->members.end();
  };
  if (!object->inner_name.empty() || has("number")) return read_operation(taker, *object);
  return has("format") ? read_header(taker) : read_end(taker);
}

}  // namespace penny::model
