// Reading a schema into rules, and what of JSON Schema is refused.

#include <array>
#include <cmath>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "tools/field_rule.hpp"
#include "tools/json_value.hpp"

namespace penny::tools {
namespace {

namespace json = boost::json;

std::unexpected<Error> refuse(const std::string& place, std::string_view what, std::string advice) {
  return base::fail(ErrorCode::kInvalid, fmt::format("the schema at {} {}", place, what), std::move(advice),
                    "input_schema");
}

constexpr std::array<std::pair<std::string_view, ValueType>, 7> kTypeNames{{
    {"null", ValueType::kNull},
    {"boolean", ValueType::kBoolean},
    {"integer", ValueType::kInteger},
    {"number", ValueType::kNumber},
    {"string", ValueType::kString},
    {"array", ValueType::kArray},
    {"object", ValueType::kObject},
}};

std::optional<std::uint8_t> type_bit(const json::value& name) {
  if (!name.is_string()) return std::nullopt;
  for (const auto& [known, type] : kTypeNames) {
    if (name.get_string() == json::string_view(known)) return static_cast<std::uint8_t>(type);
  }
  return std::nullopt;
}

// One schema of an object, a keyword at a time.
class RuleReader {
 public:
  RuleReader(const std::string& place, std::size_t& rules) : place_(place), rules_(rules) {}

  Result<FieldRule> read(const json::object& schema) {
    for (const json::key_value_pair& member : schema) {
      if (auto taken = take(member.key(), member.value()); !taken) return std::unexpected(taken.error());
    }
    if (auto agreed = check_agreement(); !agreed) return std::unexpected(agreed.error());
    return std::move(rule_);
  }

 private:
  Result<void> take(std::string_view keyword, const json::value& value) {
    if (keyword == "title" || keyword == "description" || keyword == "$comment" || keyword == "$schema") {
      return value.is_string() ? Result<void>{} : wrong(keyword, "must be a string");
    }
    if (keyword == "examples") return {};
    if (keyword == "type") return take_type(value);
    if (keyword == "enum") return take_enumeration(value);
    if (keyword == "const") {
      rule_.enumeration.push_back(value);
      return {};
    }
    if (keyword == "default") {
      rule_.default_value = value;
      return {};
    }
    if (keyword == "minimum") return take_number(keyword, value, rule_.minimum);
    if (keyword == "maximum") return take_number(keyword, value, rule_.maximum);
    if (keyword == "exclusiveMinimum") return take_number(keyword, value, rule_.exclusive_minimum);
    if (keyword == "exclusiveMaximum") return take_number(keyword, value, rule_.exclusive_maximum);
    if (keyword == "minLength") return take_count(keyword, value, rule_.min_length);
    if (keyword == "maxLength") return take_count(keyword, value, rule_.max_length);
    if (keyword == "minItems") return take_count(keyword, value, rule_.min_items);
    if (keyword == "maxItems") return take_count(keyword, value, rule_.max_items);
    if (keyword == "multipleOf") return take_multiple(value);
    if (keyword == "pattern") return take_pattern(value);
    if (keyword == "format") return take_format(value);
    if (keyword == "uniqueItems") return take_truth(keyword, value, rule_.has_unique_items);
    if (keyword == "x-lines") return take_truth(keyword, value, rule_.has_lines);
    if (keyword == "items") return take_items(value);
    if (keyword == "properties") return take_fields(value);
    if (keyword == "required") return take_required(value);
    if (keyword == "additionalProperties") return take_other_fields(value);
    return refuse(
        place_, fmt::format("has the keyword {}, which is not understood", quoted_briefly(keyword)),
        "write the schema without references and combinations; see docs/tools_inputs.md for what is understood");
  }

  [[nodiscard]] std::unexpected<Error> wrong(std::string_view keyword, std::string_view what) const {
    return refuse(place_, fmt::format("is wrong: {} {}", keyword, what), "correct the schema");
  }

  Result<void> take_type(const json::value& value) {
    const auto take_one = [&](const json::value& name) {
      const auto bit = type_bit(name);
      if (bit) rule_.types = static_cast<std::uint8_t>(rule_.types | *bit);
      return bit.has_value();
    };
    bool is_known = true;
    if (value.is_array()) {
      is_known = !value.get_array().empty();
      for (const json::value& name : value.get_array()) is_known = is_known && take_one(name);
    } else {
      is_known = take_one(value);
    }
    return is_known ? Result<void>{} : wrong("type", "must be null, boolean, integer, number, string, array or object");
  }

  Result<void> take_enumeration(const json::value& value) {
    if (!value.is_array() || value.get_array().empty() || value.get_array().size() > kEnumerationMax) {
      return wrong("enum", fmt::format("must be an array of 1..{} values", kEnumerationMax));
    }
    for (const json::value& item : value.get_array()) {
      if (item.is_structured()) return wrong("enum", "may hold neither arrays nor objects");
      rule_.enumeration.push_back(item);
    }
    return {};
  }

  Result<void> take_number(std::string_view keyword, const json::value& value, std::optional<double>& number) {
    if (!value.is_number()) return wrong(keyword, "must be a number");
    number = value.to_number<double>();
    return std::abs(*number) <= kIntegerMax ? Result<void>{} : wrong(keyword, "must be within 2^53");
  }

  Result<void> take_count(std::string_view keyword, const json::value& value, std::optional<std::size_t>& count) {
    if (!value.is_int64() || value.get_int64() < 0) return wrong(keyword, "must be a whole number from 0 on");
    count = static_cast<std::size_t>(value.get_int64());
    return {};
  }

  Result<void> take_multiple(const json::value& value) {
    if (!value.is_int64() || value.get_int64() < 1) return wrong("multipleOf", "must be a whole number from 1 on");
    rule_.multiple_of = value.get_int64();
    return {};
  }

  Result<void> take_truth(std::string_view keyword, const json::value& value, bool& truth) {
    if (!value.is_bool()) return wrong(keyword, "must be true or false");
    truth = value.get_bool();
    return {};
  }

  Result<void> take_pattern(const json::value& value) {
    if (!value.is_string() || value.get_string().size() > kPatternBytesMax) {
      return wrong("pattern", fmt::format("must be a string of at most {} bytes", kPatternBytesMax));
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(std::int64_t{1} << 20);
    const json::string& text = value.get_string();
    rule_.pattern = std::make_unique<re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
    if (!rule_.pattern->ok()) return wrong("pattern", fmt::format("is refused: {}", rule_.pattern->error()));
    return {};
  }

  Result<void> take_format(const json::value& value) {
    if (value.is_string()) rule_.format = find_format(std::string_view(value.get_string()));
    if (rule_.format != nullptr) return {};
    return wrong("format", "must be date, date-time, email, hostname, ipv4, ipv6, time, uri or uuid");
  }

  Result<FieldRule> read_inner(const json::value& value, std::string_view step) {
    return read_rule(value, fmt::format("{}/{}", place_, step), rules_);
  }

  Result<void> take_items(const json::value& value) {
    auto inner = read_inner(value, "items");
    if (!inner) return std::unexpected(inner.error());
    rule_.items = std::make_unique<FieldRule>(std::move(*inner));
    return {};
  }

  Result<void> take_fields(const json::value& value) {
    if (!value.is_object() || value.get_object().size() > kSchemaFieldsMax) {
      return wrong("properties", fmt::format("must be an object of at most {} fields", kSchemaFieldsMax));
    }
    for (const json::key_value_pair& member : value.get_object()) {
      const std::string name(member.key());
      if (name.empty() || name.size() > 64) return wrong("properties", "must have names of 1..64 bytes");
      auto inner = read_inner(member.value(), name);
      if (!inner) return std::unexpected(inner.error());
      rule_.fields.emplace(name, std::move(*inner));
    }
    return {};
  }

  Result<void> take_required(const json::value& value) {
    if (!value.is_array()) return wrong("required", "must be an array of names");
    for (const json::value& name : value.get_array()) {
      if (!name.is_string()) return wrong("required", "must be an array of names");
      rule_.required.emplace_back(name.get_string());
    }
    return {};
  }

  Result<void> take_other_fields(const json::value& value) {
    if (value.is_bool()) {
      rule_.has_other_fields = value.get_bool();
      return {};
    }
    auto inner = read_inner(value, "additionalProperties");
    if (!inner) return std::unexpected(inner.error());
    rule_.has_other_fields = true;
    rule_.other_fields = std::make_unique<FieldRule>(std::move(*inner));
    return {};
  }

  // What no keyword can tell by itself.
  Result<void> check_agreement() {
    for (const std::string& name : rule_.required) {
      if (!rule_.fields.contains(name)) {
        return wrong("required", fmt::format("names {}, which is not in properties", quoted_briefly(name)));
      }
    }
    if (rule_.minimum && rule_.maximum && *rule_.minimum > *rule_.maximum) return wrong("minimum", "is above maximum");
    if (rule_.min_length && rule_.max_length && *rule_.min_length > *rule_.max_length) {
      return wrong("minLength", "is above maxLength");
    }
    if (rule_.min_items && rule_.max_items && *rule_.min_items > *rule_.max_items) {
      return wrong("minItems", "is above maxItems");
    }
    if (rule_.has_unique_items && (!rule_.max_items || *rule_.max_items > kUniqueItemsMax)) {
      return wrong("uniqueItems", fmt::format("needs a maxItems of at most {}", kUniqueItemsMax));
    }
    if (!rule_.default_value) return {};
    const auto fits = apply_rule(rule_, *rule_.default_value, "default");
    return fits ? Result<void>{} : wrong("default", fmt::format("does not fit: {}", fits.error().message));
  }

  const std::string& place_;
  std::size_t& rules_;
  FieldRule rule_;
};

}  // namespace

Result<FieldRule> read_rule(const json::value& schema, const std::string& place, std::size_t& rules) {
  if (++rules > kSchemaRulesMax) {
    return refuse(place, fmt::format("is one too many: {} are allowed", kSchemaRulesMax), "ask for fewer fields");
  }
  if (schema.is_bool() && schema.get_bool()) return FieldRule{.has_other_fields = true};
  if (!schema.is_object()) return refuse(place, "is no object", "write a JSON Schema (draft 7)");
  return RuleReader(place, rules).read(schema.get_object());
}

std::string type_names(std::uint8_t types) {
  std::string names;
  for (const auto& [name, type] : kTypeNames) {
    if ((types & static_cast<std::uint8_t>(type)) == 0) continue;
    if (!names.empty()) names += " or ";
    if (name == "null") {
      names += name;
    } else {
      names += fmt::format("{} {}", name == "integer" || name == "array" || name == "object" ? "an" : "a", name);
    }
  }
  return names.empty() ? "any value" : names;
}

}  // namespace penny::tools
