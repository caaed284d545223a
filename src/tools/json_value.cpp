#include "tools/json_value.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_stack.hpp>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/proof.hpp"
#include "base/utf8.hpp"

namespace penny::tools {
namespace {

namespace json = boost::json;
using json::error_code;

std::unexpected<Error> refuse(std::string message, std::string advice, std::string_view field) {
  return base::fail(ErrorCode::kInvalid, std::move(message), std::move(advice), std::string(field));
}

// What Boost.JSON's parser calls for each piece of the text; builds the value on a stack, and ends the parse at what the grammar
// allows and we do not.
class Builder {
 public:
  // NOLINTBEGIN(readability-identifier-naming): Boost.JSON asks for these names
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;
  // NOLINTEND(readability-identifier-naming)

  Builder() { stack_.reset(); }

  // What we refuse, else empty.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  json::value release() { return stack_.release(); }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    keys_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t size, error_code&) {
    keys_.pop_back();
    stack_.push_object(size);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t size, error_code&) {
    stack_.push_array(size);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, error_code&) {
    key_.append(part.data(), part.size());
    stack_.push_chars(part);
    return true;
  }
  bool on_key(json::string_view rest, std::size_t, error_code&) {
    key_.append(rest.data(), rest.size());
    stack_.push_key(rest);
    if (has_nul(key_)) return refuse_with("holds a NUL (\\u0000)");
    if (keys_.back().contains(key_)) return refuse_with(fmt::format("has the field {} twice", quoted_briefly(key_)));
    keys_.back().insert(std::exchange(key_, {}));
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, error_code&) {
    stack_.push_chars(part);
    return !has_nul(part) || refuse_with("holds a NUL (\\u0000)");
  }
  bool on_string(json::string_view rest, std::size_t, error_code&) {
    stack_.push_string(rest);
    return !has_nul(rest) || refuse_with("holds a NUL (\\u0000)");
  }
  bool on_number_part(json::string_view part, error_code&) {
    number_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t number, json::string_view, error_code&) {
    number_.clear();
    stack_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, error_code&) {
    number_.clear();
    stack_.push_uint64(number);
    return true;
  }
  bool on_double(double approximation, json::string_view rest, error_code&) {
    number_.append(rest.data(), rest.size());
    double number = 0;
    const auto [end, error] = std::from_chars(number_.data(), number_.data() + number_.size(), number);
    number_.clear();
    // Out of range it is nearly 0, or infinite.
    if (error != std::errc{}) number = approximation;
    if (!std::isfinite(number)) return refuse_with("holds a number that is too large for a double (1.8e308)");
    stack_.push_double(number);
    return true;
  }
  bool on_bool(bool truth, error_code&) {
    stack_.push_bool(truth);
    return true;
  }
  bool on_null(error_code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

 private:
  static bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

  bool refuse_with(std::string refusal) {
    refusal_ = std::move(refusal);
    return false;
  }

  json::value_stack stack_;
  std::vector<std::unordered_set<std::string>> keys_;  // of each object that is open
  std::string key_;                                    // the part of a key that came before
  std::string number_;                                 // the part of a number that came before
  std::string refusal_;
};

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
  json::parse_options options;
  options.max_depth = kJsonDepthMax;
  json::basic_parser<Builder> parser(options);
  error_code error;
  const std::size_t parsed = parser.write_some(false, text.data(), text.size(), error);
  if (const std::string& refusal = parser.handler().refusal(); !refusal.empty()) {
    return refuse(fmt::format("{} {}", field, refusal), "leave it out, or write it in another way", field);
  }
  if (error == json::error::too_deep) {
    return refuse(fmt::format("{} has more than {} levels", field, kJsonDepthMax), "flatten it", field);
  }
  if (error) {
    return refuse(fmt::format("{} is not JSON: {} at byte {} of {}", field, error.message(), parsed, text.size()),
                  "send one strict JSON object (RFC 8259)", field);
  }
  if (parsed != text.size()) {
    return refuse(fmt::format("{} is not one JSON value: it ends at byte {} of {}", field, parsed, text.size()),
                  "send one JSON object", field);
  }
  return parser.handler().release();
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
