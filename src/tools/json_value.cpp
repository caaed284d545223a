#include "tools/json_value.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/json_value.hpp"
#include "base/proof.hpp"
#include "base/utf8.hpp"

namespace penny::tools {
namespace {

namespace json = boost::json;

std::unexpected<Error> refuse(std::string message, std::string advice, std::string_view field) {
  return base::fail(ErrorCode::kInvalid, std::move(message), std::move(advice), std::string(field));
}

void append_canonical(const json::value& value, std::string& text);

void append_object(const json::object& object, std::string& text) {
  std::vector<const json::key_value_pair*> members;
  members.reserve(object.size());
  for (const json::key_value_pair& member : object) members.push_back(&member);
  std::ranges::sort(members, {}, [](const json::key_value_pair* member) { return std::string_view(member->key()); });
  text.push_back('{');
  for (const json::key_value_pair* const member : members) {
    if (text.back() != '{') text.push_back(',');
    text += base::json_string(member->key());
    text.push_back(':');
    append_canonical(member->value(), text);
  }
  text.push_back('}');
}

void append_canonical(const json::value& value, std::string& text) {
  if (value.is_object()) return append_object(value.get_object(), text);
  if (value.is_string()) {
    text += base::json_string(value.get_string());
  } else if (value.is_double()) {
    text += value.get_double() == 0 ? "0" : fmt::format("{}", value.get_double());
  } else if (value.is_array()) {
    text.push_back('[');
    bool is_first = true;
    for (const json::value& item : value.get_array()) {
      if (!std::exchange(is_first, false)) text.push_back(',');
      append_canonical(item, text);
    }
    text.push_back(']');
  } else {
    text += json::serialize(value);
  }
}

}  // namespace

Result<json::value> parse_value(std::string_view text, std::size_t bytes_max, std::string_view field) {
  if (text.size() > bytes_max && !base::proof::is_planted("tool_input_of_any_size")) {
    return refuse(fmt::format("{} has {} bytes; the limit is {}", field, text.size(), bytes_max), "shorten it", field);
  }
  if (text.empty()) return refuse(fmt::format("{} is empty", field), "send a JSON object, for example {}", field);
  if (!base::is_valid_utf8(text)) {
    return refuse(fmt::format("{} is not valid UTF-8", field), "encode it as UTF-8, without a byte order mark", field);
  }
  base::JsonReading reading = base::read_json(text, kJsonDepthMax, base::JsonRules::kStrict);
  switch (reading.fault) {
    case base::JsonFault::kNone:
      return std::move(reading.value);
    case base::JsonFault::kSyntax:
      return refuse(fmt::format("{} is not JSON: {} at byte {} of {}", field, reading.detail, reading.at, text.size()),
                    "send one strict JSON object (RFC 8259)", field);
    case base::JsonFault::kFurtherText:
      return refuse(fmt::format("{} is not one JSON value: it ends at byte {} of {}", field, reading.at, text.size()),
                    "send one JSON object", field);
    case base::JsonFault::kTooDeep:
      return refuse(fmt::format("{} has more than {} levels", field, kJsonDepthMax), "flatten it", field);
    case base::JsonFault::kNul:
      return refuse(fmt::format("{} holds a NUL (\\u0000)", field), "leave it out", field);
    case base::JsonFault::kFieldTwice:
      return refuse(fmt::format("{} has the field {} twice", field, quoted_briefly(reading.detail)),
                    "leave one of them out", field);
    case base::JsonFault::kNumberTooLarge:
      return refuse(fmt::format("{} holds a number that is too large for a double (1.8e308)", field),
                    "send it as text, or a smaller one", field);
  }
  std::unreachable();
}

boost::json::object checked_object(std::string_view input) {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(boost::json::string_view(input), error);
  return value.is_object() ? std::move(value.get_object()) : boost::json::object{};
}

std::string canonical_text(const json::value& value) {
  std::string text;
  append_canonical(value, text);
  return text;
}

std::string quoted_briefly(std::string_view text) {
  if (!base::is_valid_utf8(text)) return "(no UTF-8)";
  const std::string_view begin = text.substr(0, base::utf8_prefix_bytes(text, 40));
  if (!base::is_printable_utf8(begin)) return fmt::format("(unprintable text of {} bytes)", text.size());
  return fmt::format("\"{}\"{}", begin, begin.size() < text.size() ? "..." : "");
}

}  // namespace penny::tools
