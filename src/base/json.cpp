#include "base/json.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/kind.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

#include <penny/limits.hpp>

#include "base/error.hpp"
#include "base/utf8.hpp"

namespace penny::base {
namespace {

namespace json = boost::json;

json::parse_options strict_options() {
  json::parse_options options;
  options.max_depth = limits::kJsonDepthMax;
  return options;
}

// Hears what the parser finds, without building a value: what the grammar allows and we do not ends the parse.
struct Checker {
  // Boost.JSON asks for these by name.
  // NOLINTBEGIN(readability-identifier-naming)
  static constexpr std::size_t max_array_size = limits::kJsonBytesMax;
  static constexpr std::size_t max_object_size = limits::kJsonBytesMax;
  static constexpr std::size_t max_string_size = limits::kJsonBytesMax;
  static constexpr std::size_t max_key_size = limits::kJsonBytesMax;
  // NOLINTEND(readability-identifier-naming)

  bool has_nul = false;
  bool has_infinity = false;

  bool on_text(json::string_view text) {
    has_nul = has_nul || std::find(text.begin(), text.end(), '\0') != text.end();
    return !has_nul;
  }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return true; }
  bool on_object_end(std::size_t, json::error_code&) { return true; }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view text, std::size_t, json::error_code&) { return on_text(text); }
  bool on_key(json::string_view text, std::size_t, json::error_code&) { return on_text(text); }
  bool on_string_part(json::string_view text, std::size_t, json::error_code&) { return on_text(text); }
  bool on_string(json::string_view text, std::size_t, json::error_code&) { return on_text(text); }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double number, json::string_view, json::error_code&) {
    has_infinity = !std::isfinite(number);
    return !has_infinity;
  }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

// Levels of arrays and objects, 0 for a plain value; also of a text that is no JSON.
int depth_of(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool is_in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_in_string) {
      if (c == '\\') ++i;
      if (c == '"') is_in_string = false;
      continue;
    }
    if (c == '"') is_in_string = true;
    if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
    if (c == ']' || c == '}') --depth;
  }
  return deepest;
}

std::unexpected<Error> refuse(std::string message, std::string advice, std::string_view field) {
  return fail(ErrorCode::kInvalid, std::move(message), std::move(advice), std::string(field));
}

Result<void> check_syntax(std::string_view text, std::string_view field) {
  json::basic_parser<Checker> parser(strict_options());
  json::error_code error;
  const std::size_t parsed = parser.write_some(false, text.data(), text.size(), error);
  if (parser.handler().has_nul) {
    return refuse(fmt::format("{} holds a NUL (\\u0000) before byte {} of {}", field, parsed, text.size()),
                  "leave NUL characters out", field);
  }
  if (parser.handler().has_infinity) {
    return refuse(fmt::format("{} holds a number that is not finite before byte {} of {}", field, parsed, text.size()),
                  "numbers must be below 1.8e308; send larger ones as strings", field);
  }
  if (error) {
    return refuse(fmt::format("{} is not JSON: {} at byte {} of {}", field, error.message(), parsed, text.size()),
                  "send strict JSON (RFC 8259)", field);
  }
  if (parsed != text.size()) {
    return refuse(fmt::format("{} is not one JSON value: it ends at byte {} of {}", field, parsed, text.size()),
                  "send one JSON value", field);
  }
  return {};
}

bool equal(const json::value& a, const json::value& b);

bool equal_numbers(const json::value& a, const json::value& b) {
  if (a.is_double() == b.is_double()) return a == b;
  const double real = a.is_double() ? a.get_double() : b.get_double();
  const json::value& integer = a.is_double() ? b : a;
  // Compared as integers: above 2^53 several integers round to the same double.
  if (std::trunc(real) != real) return false;
  if (integer.is_int64()) {
    return real >= -0x1p63 && real < 0x1p63 && static_cast<std::int64_t>(real) == integer.get_int64();
  }
  return real >= 0 && real < 0x1p64 && static_cast<std::uint64_t>(real) == integer.get_uint64();
}

bool equal_objects(const json::object& a, const json::object& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&b](const json::key_value_pair& member) {
           const json::value* const other = b.if_contains(member.key());
           return other != nullptr && equal(member.value(), *other);
         });
}

bool equal(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return equal_numbers(a, b);
  if (a.is_array() && b.is_array()) {
    const json::array& left = a.get_array();
    const json::array& right = b.get_array();
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), equal);
  }
  if (a.is_object() && b.is_object()) return equal_objects(a.get_object(), b.get_object());
  return a == b;
}

}  // namespace

Result<void> check_json_value(std::string_view text, std::string_view field) {
  if (text.size() > limits::kJsonBytesMax) {
    return refuse(fmt::format("{} has {} bytes; the limit is {}", field, text.size(), limits::kJsonBytesMax),
                  "shorten it", field);
  }
  if (text.empty()) return refuse(fmt::format("{} has 0 bytes; JSON has at least 1", field), "send JSON", field);
  if (!is_valid_utf8(text)) {
    return refuse(fmt::format("{} is not valid UTF-8; it has {} bytes", field, text.size()), "encode it as UTF-8",
                  field);
  }
  if (const int depth = depth_of(text); depth > limits::kJsonDepthMax) {
    return refuse(fmt::format("{} has {} levels; the limit is {}", field, depth, limits::kJsonDepthMax), "flatten it",
                  field);
  }
  return check_syntax(text, field);
}

Result<void> check_json_object(std::string_view text, std::string_view field) {
  if (auto checked = check_json_value(text, field); !checked) return checked;
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (text[begin] != '{') {
    return refuse(fmt::format("{} is JSON, but no object; it has {} bytes", field, text.size()),
                  "send an object, for example {}", field);
  }
  return {};
}

std::string json_string(std::string_view text) {
  std::string quoted;
  quoted.reserve(text.size() + 2);
  quoted.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted.push_back('\\');
      quoted.push_back(c);
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\r') {
      quoted += "\\r";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      quoted.push_back(c);
    }
  }
  quoted.push_back('"');
  return quoted;
}

bool json_equal(std::string_view a, std::string_view b) {
  if (a == b) return true;
  json::error_code error;
  const json::value left = json::parse(a, error, {}, strict_options());
  if (error) return false;
  const json::value right = json::parse(b, error, {}, strict_options());
  return !error && equal(left, right);
}

}  // namespace penny::base
