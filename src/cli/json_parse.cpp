#include "cli/json_parse.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>

#include <boost/json/basic_parser_impl.hpp>

namespace penny::cli {
namespace {

using boost::json::error_code;
using boost::json::string_view;

// What Boost.JSON's parser calls for each piece of the text; builds the value on a stack.
class Builder {
 public:
  // NOLINTBEGIN(readability-identifier-naming): Boost.JSON asks for these names
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;
  // NOLINTEND(readability-identifier-naming)

  Builder() { stack_.reset(); }

  boost::json::value release() { return stack_.release(); }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t size, error_code&) {
    stack_.push_object(size);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t size, error_code&) {
    stack_.push_array(size);
    return true;
  }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_key(string_view rest, std::size_t, error_code&) {
    stack_.push_key(rest);
    return true;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(string_view rest, std::size_t, error_code&) {
    stack_.push_string(rest);
    return true;
  }
  bool on_number_part(string_view part, error_code&) {
    number_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t number, string_view, error_code&) {
    number_.clear();
    stack_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, string_view, error_code&) {
    number_.clear();
    stack_.push_uint64(number);
    return true;
  }
  bool on_double(double approximation, string_view rest, error_code&) {
    number_.append(rest.data(), rest.size());
    double number = 0;
    const auto [end, error] = std::from_chars(number_.data(), number_.data() + number_.size(), number);
    // Beyond the range of doubles the approximation is 0 or infinite, which is all there is to say.
    stack_.push_double(error == std::errc{} ? number : approximation);
    number_.clear();
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
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

 private:
  boost::json::value_stack stack_;
  std::string number_;  // the part of a number that came before
};

}  // namespace

ParsedJson parse_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = 256;
  boost::json::basic_parser<Builder> parser(options);
  error_code error;
  const std::size_t size = parser.write_some(false, text.data(), text.size(), error);
  if (error) return {.is_json = error == boost::json::error::too_deep, .value = nullptr};
  if (size != text.size()) return {.is_json = false, .value = nullptr};
  return {.is_json = true, .value = parser.handler().release()};
}

}  // namespace penny::cli
