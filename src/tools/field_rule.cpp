// Checking a value against its rule, in words.

#include "tools/field_rule.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/proof.hpp"
#include "tools/json_value.hpp"

namespace penny::tools {
namespace {

namespace json = boost::json;

// "max_results" of "input.max_results": how a message names a field.
std::string spoken(const std::string& path) {
  const auto point = path.find('.');
  return point == std::string::npos ? "the " + path : path.substr(point + 1);
}

std::unexpected<Error> refuse(const std::string& path, std::string_view what, std::string advice) {
  return base::fail(ErrorCode::kInvalid, fmt::format("{} {}", spoken(path), what), std::move(advice), path);
}

bool is_in(std::uint8_t types, ValueType type) { return (types & static_cast<std::uint8_t>(type)) != 0; }

// A name in a path: itself if a reader can tell where it ends.
std::string path_step(std::string_view name) {
  const bool is_plain = !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return is_plain ? std::string(name) : quoted_briefly(name);
}

std::string_view name_of_kind(const json::value& value) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return "a boolean";
  if (value.is_double()) return "a number with a fraction";
  if (value.is_number()) return "an integer";
  if (value.is_string()) return "a string";
  return value.is_array() ? "an array" : "an object";
}

// How the value stands in a message.
std::string shown(const json::value& value) {
  if (value.is_string()) return quoted_briefly(std::string_view(value.get_string()));
  return value.is_structured() ? std::string(name_of_kind(value)) : canonical_text(value);
}

Result<void> apply_type(const FieldRule& rule, json::value& value, const std::string& path) {
  if (value.is_double() && value.get_double() == std::trunc(value.get_double()) &&
      std::abs(value.get_double()) <= kIntegerMax) {
    value = static_cast<std::int64_t>(value.get_double());
  }
  const bool is_whole = value.is_int64() || value.is_uint64();
  if (is_whole && std::abs(value.to_number<double>()) > kIntegerMax) {
    return refuse(path, "is an integer beyond 9007199254740991, which readers of JSON round",
                  "send a smaller one, or a string if the tool takes one");
  }
  if (rule.types == 0) return {};
  const bool is_right = (value.is_null() && is_in(rule.types, ValueType::kNull)) ||
                        (value.is_bool() && is_in(rule.types, ValueType::kBoolean)) ||
                        (is_whole && is_in(rule.types, ValueType::kInteger)) ||
                        (value.is_number() && is_in(rule.types, ValueType::kNumber)) ||
                        (value.is_string() && is_in(rule.types, ValueType::kString)) ||
                        (value.is_array() && is_in(rule.types, ValueType::kArray)) ||
                        (value.is_object() && is_in(rule.types, ValueType::kObject));
  if (is_right) return {};
  return refuse(path, fmt::format("must be {}, but is {}", type_names(rule.types), name_of_kind(value)),
                fmt::format("send {}", type_names(rule.types)));
}

Result<void> check_enumeration(const FieldRule& rule, const json::value& value, const std::string& path) {
  if (rule.enumeration.empty()) return {};
  const std::string text = canonical_text(value);
  if (std::ranges::any_of(rule.enumeration, [&](const json::value& one) { return canonical_text(one) == text; })) {
    return {};
  }
  std::vector<std::string> choices;
  for (const json::value& one : rule.enumeration) choices.push_back(shown(one));
  constexpr std::size_t kShownMax = 20;
  const bool has_more = choices.size() > kShownMax;
  if (has_more) choices.resize(kShownMax);
  return refuse(
      path,
      fmt::format("must be one of {}{}, but is {}", fmt::join(choices, ", "), has_more ? ", ..." : "", shown(value)),
      "choose one of them");
}

Result<void> check_number(const FieldRule& rule, const json::value& value, const std::string& path) {
  const double number = value.to_number<double>();
  const auto fault = [&](std::string_view bound, double limit) {
    return refuse(path, fmt::format("must be {} {}, but is {}", bound, limit, shown(value)),
                  "send a number in the range");
  };
  if (rule.minimum && number < *rule.minimum) return fault("at least", *rule.minimum);
  if (rule.maximum && number > *rule.maximum) return fault("at most", *rule.maximum);
  if (rule.exclusive_minimum && number <= *rule.exclusive_minimum) return fault("above", *rule.exclusive_minimum);
  if (rule.exclusive_maximum && number >= *rule.exclusive_maximum) return fault("below", *rule.exclusive_maximum);
  if (rule.multiple_of && (!value.is_int64() || value.get_int64() % *rule.multiple_of != 0)) {
    return fault("a multiple of", static_cast<double>(*rule.multiple_of));
  }
  return {};
}

// C0 and C1 (U+0080..U+009F, C2 80..C2 9F in UTF-8) and DEL; `text` is valid UTF-8.
bool has_control(std::string_view text, bool has_lines) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_line = byte == '\n' || byte == '\r' || byte == '\t';
    if ((byte < 0x20 && !(is_line && has_lines)) || byte == 0x7f) return true;
    if (byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) <= 0x9f) return true;
  }
  return false;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

Result<void> check_string(const FieldRule& rule, std::string_view text, const std::string& path) {
  if (has_control(text, rule.has_lines)) {
    return refuse(path, rule.has_lines ? "holds control characters" : "holds control characters, a newline or a tab",
                  "leave them out");
  }
  const std::size_t length = code_points(text);
  if (rule.min_length && length < *rule.min_length) {
    return refuse(path,
                  length == 0 ? "must not be empty"
                              : fmt::format("must have at least {} characters, but has {}", *rule.min_length, length),
                  "send a longer text");
  }
  if (rule.max_length && length > *rule.max_length) {
    return refuse(path, fmt::format("must have at most {} characters, but has {}", *rule.max_length, length),
                  "shorten it");
  }
  if (rule.format != nullptr && !rule.format->is_met(text)) {
    return refuse(path, fmt::format("must be a {}, for example {}", rule.format->name, rule.format->example),
                  "write it in this format");
  }
  if (rule.pattern && !re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *rule.pattern)) {
    return refuse(path, fmt::format("must match the pattern {}", rule.pattern->pattern()), "write it in this form");
  }
  return {};
}

Result<void> apply_array(const FieldRule& rule, json::array& items, const std::string& path) {
  if (rule.min_items && items.size() < *rule.min_items) {
    return refuse(path, fmt::format("must have at least {} items, but has {}", *rule.min_items, items.size()),
                  "send more items");
  }
  if (rule.max_items && items.size() > *rule.max_items) {
    return refuse(path, fmt::format("must have at most {} items, but has {}", *rule.max_items, items.size()),
                  "send fewer items");
  }
  static const FieldRule anything{.has_other_fields = true};
  const FieldRule& of_each = rule.items ? *rule.items : anything;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (auto applied = apply_rule(of_each, items[i], fmt::format("{}[{}]", path, i)); !applied) return applied;
    if (!rule.has_unique_items) continue;
    texts.push_back(canonical_text(items[i]));
    if (const auto same = std::ranges::find(texts, texts.back()); same != texts.end() - 1) {
      return refuse(path, fmt::format("has the same item at {} and {}", same - texts.begin(), i), "send it once");
    }
  }
  return {};
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

std::unexpected<Error> refuse_unknown(const FieldRule& rule, std::string_view name, const std::string& path) {
  std::string nearest;
  std::size_t least = 3;
  std::vector<std::string_view> names;
  for (const auto& [known, ignored] : rule.fields) {
    names.push_back(known);
    if (name.size() > 64) continue;
    if (const std::size_t distance = edit_distance(name, known); distance < std::min(least, known.size())) {
      least = distance;
      nearest = known;
    }
  }
  return base::fail(ErrorCode::kInvalid,
                    fmt::format("there is no field named {}{}", path_step(name),
                                nearest.empty() ? std::string() : fmt::format("; did you mean {}?", nearest)),
                    names.empty() ? "send {}" : fmt::format("the fields are {}", fmt::join(names, ", ")),
                    fmt::format("{}.{}", path, path_step(name)));
}

Result<void> apply_object(const FieldRule& rule, json::object& object, const std::string& path) {
  static const FieldRule anything{.has_other_fields = true};
  const bool has_others = rule.has_other_fields || base::proof::is_planted("unknown_tool_fields_accepted");
  for (const json::key_value_pair& member : object) {
    const std::string_view name = member.key();
    if (!has_others && !rule.fields.contains(name)) return refuse_unknown(rule, name, path);
    if (has_control(name, false))
      return refuse(path, "has a field with control characters in its name", "leave it out");
  }
  for (const auto& [name, inner] : rule.fields) {
    if (inner.default_value && !object.contains(name)) object.emplace(name, *inner.default_value);
  }
  for (const std::string& name : rule.required) {
    if (object.contains(name)) continue;
    const std::string missing = fmt::format("{}.{}", path, path_step(name));
    return refuse(missing, "is missing", fmt::format("send it: {}", type_names(rule.fields.find(name)->second.types)));
  }
  for (json::key_value_pair& member : object) {
    const auto known = rule.fields.find(std::string_view(member.key()));
    const FieldRule& others = rule.other_fields ? *rule.other_fields : anything;
    const FieldRule& inner = known == rule.fields.end() ? others : known->second;
    if (auto applied = apply_rule(inner, member.value(), fmt::format("{}.{}", path, path_step(member.key())));
        !applied) {
      return applied;
    }
  }
  return {};
}

}  // namespace

Result<void> apply_rule(const FieldRule& rule, json::value& value, const std::string& path) {
  if (auto applied = apply_type(rule, value, path); !applied) return applied;
  if (auto checked = check_enumeration(rule, value, path); !checked) return checked;
  if (value.is_number()) return check_number(rule, value, path);
  if (value.is_string()) return check_string(rule, std::string_view(value.get_string()), path);
  if (value.is_array()) return apply_array(rule, value.get_array(), path);
  if (value.is_object()) return apply_object(rule, value.get_object(), path);
  return {};
}

}  // namespace penny::tools
