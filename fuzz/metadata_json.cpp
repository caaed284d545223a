// JSON that callers hand in, and lines of an export: refused with a field, or the same again after each way through the store's
// encodings.
//
// Input: the text.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include <penny/penny.hpp>

#include "base/json.hpp"
#include "model/encoding.hpp"
#include "model/flat_json.hpp"
#include "model/user_lines.hpp"
#include "model/validation.hpp"
#include "support/require.hpp"
#include "support/target.hpp"

namespace penny::fuzz {
namespace {

void require_invalid(const Error& error, std::string_view what) {
  if (error.code != ErrorCode::kInvalid || error.message.empty() || error.advice.empty())
    broken(fmt::format("{}: refused as invalid, with advice", what), told(error));
}

// Through the ledger's encoding, and through a line of an export.
void go_round(const Payload& payload) {
  const std::string bytes = model::encode(payload);
  require(bytes.size() == model::encoded_size(payload), "an encoding has the size that is told");
  require(need(model::decode(bytes), "what was encoded is decoded") == payload, "decoding gives what was encoded");
  model::UserLine line;
  line.number = 1;
  line.operation.payload = payload;
  line.operation.id = OperationId{};
  line.operation.at = Time{};
  const auto read = need(model::read_user_line(model::text_of(line)), "a line that was written is read");
  const auto* same = std::get_if<model::UserLine>(&read);
  require(same != nullptr && same->operation.payload == payload, "a line holds what was written to it");
}

// A text that the store accepts as metadata or as a value.
void try_values(const std::string& text) {
  const auto value = base::check_json_value(text, "value");
  const auto object = base::check_json_object(text, "metadata");
  const Operation turn{.user = "cj",
                       .payload = AppendTurn{.user_input = "Hi", .assistant_response = "Hello", .metadata = text}};
  const Operation setting{.user = "cj", .payload = SetPreference{.key = "length", .value = text}};
  require(model::validate(turn).has_value() == object.has_value(), "metadata is valid if it is an object");
  require(model::validate(setting).has_value() == value.has_value(), "a value is valid if it is JSON");
  require(value.has_value() || !object.has_value(), "an object is a value");
  if (!object) require_invalid(object.error(), "metadata");
  if (object) go_round(turn.payload);
  if (!value) {
    require_invalid(value.error(), "value");
    return;
  }
  go_round(setting.payload);
  require(base::json_equal(text, " " + text + "\n"), "spaces around a value change nothing");
}

std::string written(const model::FlatObject& object) {
  std::string text = "{";
  const auto add = [&](const std::vector<model::FlatMember>& members) {
    for (const model::FlatMember& member : members) {
      if (!text.ends_with('{')) text += ',';
      text += base::json_string(member.name) + ':';
      if (std::holds_alternative<std::nullptr_t>(member.value)) text += "null";
      if (const auto* is = std::get_if<bool>(&member.value)) text += *is ? "true" : "false";
      if (const auto* whole = std::get_if<std::uint64_t>(&member.value)) text += std::to_string(*whole);
      if (const auto* number = std::get_if<double>(&member.value)) text += fmt::format("{:.17e}", *number);
      if (const auto* held = std::get_if<std::string>(&member.value)) text += base::json_string(*held);
    }
  };
  add(object.members);
  if (!object.inner_name.empty()) {
    if (!text.ends_with('{')) text += ',';
    text += base::json_string(object.inner_name) + ":{";
    add(object.inner);
    text += '}';
  }
  return text + '}';
}

bool is_same(const std::vector<model::FlatMember>& one, const std::vector<model::FlatMember>& other) {
  return std::ranges::equal(one, other, [](const model::FlatMember& a, const model::FlatMember& b) {
    return a.name == b.name && a.value == b.value;
  });
}

void try_flat(std::string_view text) {
  const auto object = model::read_flat_json(text);
  if (!object) {
    require_invalid(object.error(), "a flat object");
    return;
  }
  const std::string again = written(*object);
  const auto read = need(model::read_flat_json(again), "a flat object that was written is read");
  if (read.inner_name != object->inner_name || !is_same(read.members, object->members) ||
      !is_same(read.inner, object->inner))
    broken("a flat object is what was written", again);
}

void try_line(std::string_view text) {
  const auto line = model::read_user_line(text);
  if (!line) {
    require_invalid(line.error(), "a line");
    return;
  }
  if (const auto* held = std::get_if<model::UserLine>(&*line)) {
    Operation operation = held->operation;
    operation.user = "cj";
    const auto valid = model::validate(operation);
    if (!valid) require_invalid(valid.error(), "an operation");
    if (!valid) return;
    go_round(operation.payload);
  }
  const auto write = [](const auto& parsed) {
    return std::visit([](const auto& held) { return model::text_of(held); }, parsed);
  };
  const std::string once = write(*line);
  const std::string twice = write(need(model::read_user_line(once), "a line that was written is read"));
  if (once != twice) broken("one value has one text", once + " and " + twice);
}

}  // namespace

void prepare() {}

void try_input(Input input) {
  const std::string text(input.rest());
  try_values(text);
  try_flat(text);
  try_line(text);
}

}  // namespace penny::fuzz
