#include "base/json_value.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

namespace penny::base {
namespace {

namespace json = boost::json;
using json::error_code;

// What Boost.JSON's parser calls for each piece of the text; builds the value on a stack, and ends the reading at what the grammar
// allows and the rules do not.
class Builder {
 public:
  // NOLINTBEGIN(readability-identifier-naming): Boost.JSON asks for these names
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;
  // NOLINTEND(readability-identifier-naming)

  explicit Builder(JsonRules rules) : is_strict_(rules == JsonRules::kStrict) { stack_.reset(); }

  [[nodiscard]] JsonFault fault() const { return fault_; }
  [[nodiscard]] const std::string& key() const { return key_; }
  json::value release() { return stack_.release(); }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    if (is_strict_) keys_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t size, error_code&) {
    if (is_strict_) keys_.pop_back();
    stack_.push_object(size);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t size, error_code&) {
    stack_.push_array(size);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, error_code&) {
    if (is_strict_) key_.append(part.data(), part.size());
    stack_.push_chars(part);
    return true;
  }
  bool on_key(json::string_view rest, std::size_t, error_code&) {
    stack_.push_key(rest);
    if (!is_strict_) return true;
    key_.append(rest.data(), rest.size());
    if (has_nul(key_)) return end_with(JsonFault::kNul);
    if (keys_.back().contains(key_)) return end_with(JsonFault::kFieldTwice);
    keys_.back().insert(std::exchange(key_, {}));
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, error_code&) {
    stack_.push_chars(part);
    return !is_strict_ || !has_nul(part) || end_with(JsonFault::kNul);
  }
  bool on_string(json::string_view rest, std::size_t, error_code&) {
    stack_.push_string(rest);
    return !is_strict_ || !has_nul(rest) || end_with(JsonFault::kNul);
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
    // Beyond the range of doubles the approximation is nearly 0, or infinite.
    if (error != std::errc{}) number = approximation;
    if (is_strict_ && !std::isfinite(number)) return end_with(JsonFault::kNumberTooLarge);
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

  bool end_with(JsonFault fault) {
    fault_ = fault;
    return false;
  }

  bool is_strict_;
  JsonFault fault_ = JsonFault::kNone;
  json::value_stack stack_;
  std::vector<std::unordered_set<std::string>> keys_;  // of each object that is open
  std::string key_;                                    // the part of a key that came before
  std::string number_;                                 // the part of a number that came before
};

}  // namespace

JsonReading read_json(std::string_view text, std::size_t levels_max, JsonRules rules) {
  json::parse_options options;
  options.max_depth = levels_max;
  json::basic_parser<Builder> parser(options, rules);
  error_code error;
  JsonReading reading;
  reading.at = parser.write_some(false, text.data(), text.size(), error);
  if (parser.handler().fault() != JsonFault::kNone) {
    reading.fault = parser.handler().fault();
    if (reading.fault == JsonFault::kFieldTwice) reading.detail = parser.handler().key();
  } else if (error == json::error::too_deep) {
    reading.fault = JsonFault::kTooDeep;
  } else if (error) {
    reading.fault = JsonFault::kSyntax;
    reading.detail = error.message();
  } else if (reading.at != text.size()) {
    reading.fault = JsonFault::kFurtherText;
  } else {
    reading.value = parser.handler().release();
  }
  return reading;
}

}  // namespace penny::base
