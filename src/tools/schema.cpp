#include "tools/schema.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/json.hpp>
#include <penny/limits.hpp>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "base/error.hpp"
#include "base/proof.hpp"
#include "tools/field_rule.hpp"
#include "tools/json_value.hpp"

namespace penny::tools {
namespace {

namespace json = boost::json;
using Adapter = valijson::adapters::BoostJsonAdapter;

std::unexpected<Error> refuse(std::string message, std::string advice) {
  return base::fail(ErrorCode::kInvalid, std::move(message), std::move(advice), "input_schema");
}

// The schema as valijson gets it: without what says nothing, without what it would check by std::regex, whose time and stack have no
// bound, and with "no other fields" said.
json::value for_validator(const json::value& schema);

bool is_left_out(std::string_view keyword) {
  constexpr std::array<std::string_view, 9> kLeftOut{"title",   "description", "$comment", "$schema", "examples",
                                                     "default", "pattern",     "format",   "x-lines"};
  return std::ranges::find(kLeftOut, keyword) != kLeftOut.end();
}

json::object inner_for_validator(const json::object& schemas) {
  json::object inner;
  for (const json::key_value_pair& member : schemas) inner[member.key()] = for_validator(member.value());
  return inner;
}

json::value for_validator(const json::value& schema) {
  if (!schema.is_object()) return schema.is_bool() ? json::value(json::object{}) : schema;
  json::object bare;
  for (const json::key_value_pair& member : schema.get_object()) {
    const std::string_view keyword = member.key();
    if (is_left_out(keyword)) continue;
    if (keyword == "properties") {
      bare[member.key()] = inner_for_validator(member.value().get_object());
    } else if (keyword == "items" || (keyword == "additionalProperties" && member.value().is_object())) {
      bare[member.key()] = for_validator(member.value());
    } else {
      bare[member.key()] = member.value();
    }
  }
  if (!bare.contains("additionalProperties") && !base::proof::is_planted("unknown_tool_fields_accepted")) {
    bare["additionalProperties"] = false;
  }
  return bare;
}

// "input.query" of what valijson names "<root>", "[query]".
std::string path_of(const std::vector<std::string>& context) {
  std::string path = "input";
  for (std::size_t i = 1; i < context.size(); ++i) path += context[i];
  return path;
}

}  // namespace

struct InputSchema::Compiled {
  FieldRule rule;
  valijson::Schema schema;
};

InputSchema::InputSchema(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
InputSchema::InputSchema(InputSchema&&) noexcept = default;
InputSchema& InputSchema::operator=(InputSchema&&) noexcept = default;
InputSchema::~InputSchema() = default;

Result<InputSchema> InputSchema::compile(std::string_view text) {
  auto parsed = parse_value(text, limits::kJsonBytesMax, "input_schema");
  if (!parsed) return std::unexpected(parsed.error());
  std::size_t rules = 0;
  auto rule = read_rule(*parsed, "#", rules);
  if (!rule) return std::unexpected(rule.error());
  if (rule->types != static_cast<std::uint8_t>(ValueType::kObject)) {
    return refuse("the schema does not say that the input is an object", R"(write "type": "object" at its top)");
  }
  auto compiled = std::make_unique<Compiled>();
  compiled->rule = std::move(*rule);
  try {
    const json::value bare = for_validator(*parsed);
    // Without a function to fetch with, valijson fetches nothing; references were refused before.
    valijson::SchemaParser().populateSchema(Adapter(bare), compiled->schema);
  } catch (const std::exception& error) {
    return refuse(fmt::format("the schema is refused: {}", error.what()), "correct the schema");
  }
  return InputSchema(std::move(compiled));
}

Result<std::string> InputSchema::check(std::string_view input, std::size_t bytes_max) const {
  auto value = parse_value(input, bytes_max, "input");
  if (!value) return std::unexpected(value.error());
  if (auto applied = apply_rule(compiled_->rule, *value, "input"); !applied) return std::unexpected(applied.error());
  try {
    valijson::ValidationResults results;
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    if (!validator.validate(compiled_->schema, Adapter(*value), &results)) {
      const auto first = results.begin();
      const bool has_words = first != results.end();
      return base::fail(ErrorCode::kInvalid,
                        fmt::format("the input does not fit: {}", has_words ? first->description : "no reason given"),
                        "compare it with the schema", has_words ? path_of(first->context) : "input");
    }
  } catch (const std::exception& error) {
    return base::fail(ErrorCode::kInvalid, fmt::format("the input cannot be checked: {}", error.what()),
                      "compare it with the schema", "input");
  }
  return canonical_text(*value);
}

}  // namespace penny::tools
