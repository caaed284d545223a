#include "model/user_lines.hpp"

#include <iterator>
#include <optional>
#include <type_traits>

#include <fmt/format.h>

#include <penny/model.hpp>

#include "base/json.hpp"
#include "base/time_text.hpp"

namespace penny::model {
namespace {

// Writes the members of one object.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }

  void add(std::string_view name, std::string_view value) {
    begin(name);
    out_ += base::json_string(value);
  }
  void add(std::string_view name, const std::string& value) { add(name, std::string_view(value)); }
  void add(std::string_view name, const char* value) { add(name, std::string_view(value)); }
  void add(std::string_view name, std::uint64_t value) { add_number(name, value); }
  void add(std::string_view name, double value) { add_number(name, value); }
  void add(std::string_view name, const DimensionValue& value) {
    std::visit([&](const auto& held) { add(name, held); }, value);
  }
  void add(std::string_view name, const OperationId& value) { add(name, value.to_string()); }
  // Left out if there is none.
  void add(std::string_view name, const std::optional<std::string>& value) {
    if (value) add(name, *value);
  }
  void add_true(std::string_view name) {
    begin(name);
    out_ += "true";
  }
  // What follows is the member's value.
  void begin(std::string_view name) {
    out_ += separator_;
    separator_ = ",";
    fmt::format_to(std::back_inserter(out_), "\"{}\":", name);
  }
  void end() { out_ += '}'; }

 private:
  template <class Number>
  void add_number(std::string_view name, Number value) {
    begin(name);
    fmt::format_to(std::back_inserter(out_), "{}", value);
  }

  std::string& out_;
  const char* separator_ = "";
};

void add(Members& members, const AppendTurn& turn) {
  members.add("user_input", turn.user_input);
  members.add("assistant_response", turn.assistant_response);
  members.add("modality", to_string(turn.modality));
  members.add("session", turn.session);
  members.add("response_time_ms", turn.response_time_ms);
  members.add("confidence", turn.confidence);
  members.add("metadata", turn.metadata);
}

void add(Members& members, const EndSession& end) { members.add("session", end.session); }

void add(Members& members, const ObservePreference& observation) {
  members.add("key", observation.key);
  members.add("value", observation.value);
  members.add("confidence", observation.confidence);
}

void add(Members& members, const SetPreference& setting) {
  members.add("key", setting.key);
  members.add("value", setting.value);
  members.add("confidence", setting.confidence);
}

void add(Members& members, const AdjustDimension& adjustment) {
  members.add("name", adjustment.name);
  members.add("delta", adjustment.delta);
  members.add("confidence_change", adjustment.confidence_change);
  members.add("trigger", adjustment.trigger);
}

void add(Members& members, const ObserveDimension& observation) {
  members.add("name", observation.name);
  members.add("value", observation.value);
  members.add("confidence", observation.confidence);
  members.add("trigger", observation.trigger);
}

void add(Members& members, const SetDimension& setting) {
  members.add("name", setting.name);
  members.add("value", setting.value);
  members.add("confidence_change", setting.confidence_change);
  members.add("trigger", setting.trigger);
}

void add(Members& members, const RememberFact& fact) {
  members.add("text", fact.text);
  members.add("confidence", fact.confidence);
}

void add(Members& members, const ForgetFact& forget) { members.add("fact", forget.fact); }

void add(Members& members, const ForgetTurn& forget) { members.add("turn", forget.turn); }

void add(Members& members, const ForgetTurns& forget) {
  members.add("first_number", forget.first_rev);
  members.add("last_number", forget.last_rev);
  members.add("session", forget.session);
}

void add(Members& members, const ForgetPreference& forget) { members.add("key", forget.key); }

void add(Members&, const EraseUser&) {}

void add(Members& members, const TakeToolPermit& permit) {
  members.add("tool", permit.tool);
  members.add("input", permit.input);
  members.add("calls_max", permit.calls_max);
  members.add("window_s", permit.window_s);
}

void add(Members& members, const RecordToolOutcome& outcome) {
  members.add("call", outcome.call);
  members.add("status", to_string(outcome.status));
  members.add("output", outcome.output);
  members.add("took_ms", outcome.took_ms);
}

}  // namespace

std::string text_of(const UserHeader& header) {
  std::string text;
  Members members(text);
  members.add("format", "penny user");
  members.add("version", std::uint64_t{1});
  members.add("user", header.user);
  members.end();
  return text;
}

std::string text_of(const UserLine& line) {
  const Operation& operation = line.operation;
  std::string text;
  Members members(text);
  members.add("number", line.number);
  if (operation.id) members.add("id", *operation.id);
  if (operation.at) members.add("at", base::format_time(*operation.at));
  members.add("origin", to_string(operation.origin));
  members.add("channel", operation.channel);
  if (line.batch_size > 1) {
    members.add("batch_place", line.batch_place);
    members.add("batch_size", line.batch_size);
  }
  if (operation.if_version) members.add("if_version", *operation.if_version);
  if (line.is_forgotten) members.add_true("is_forgotten");
  members.add("kind", kind_name(operation.payload));
  members.begin("payload");
  Members inner(text);
  std::visit([&](const auto& payload) { add(inner, payload); }, operation.payload);
  inner.end();
  members.end();
  return text;
}

std::string text_of(const UserEnd& end) {
  std::string text;
  Members members(text);
  members.add("operations", end.operations);
  members.end();
  return text;
}

}  // namespace penny::model
