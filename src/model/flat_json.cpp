#include "model/flat_json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <boost/json/basic_parser_impl.hpp>

#include "base/error.hpp"

namespace penny::model {
namespace {

using boost::json::error_code;
using boost::json::string_view;

constexpr std::size_t kMembersMax = 32;
constexpr std::size_t kNameBytesMax = 64;

// What Boost.JSON's parser calls for each piece of the text. Answers false, which ends the parse, with a reason.
class Builder {
 public:
  // NOLINTBEGIN(readability-identifier-naming): Boost.JSON asks for these names
  static constexpr std::size_t max_object_size = kMembersMax;
  static constexpr std::size_t max_array_size = 1;
  static constexpr std::size_t max_key_size = kNameBytesMax;
  static constexpr std::size_t max_string_size = SIZE_MAX;
  // NOLINTEND(readability-identifier-naming)

  FlatObject object;
  std::string reason;  // why it ended
  [[nodiscard]] const std::string& name() const { return name_; }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    depth_ += 1;
    if (depth_ == 1) return true;
    if (depth_ > 2 || !object.inner_name.empty()) return refuse("holds more objects than a line has");
    object.inner_name = name_;
    return true;
  }
  bool on_object_end(std::size_t, error_code&) {
    depth_ -= 1;
    return true;
  }
  bool on_array_begin(error_code&) { return refuse("is an array"); }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_key(string_view rest, std::size_t, error_code&) {
    text_.append(rest.data(), rest.size());
    name_ = std::exchange(text_, {});
    const auto is_same = [&](const FlatMember& member) { return member.name == name_; };
    const bool is_twice =
        std::ranges::any_of(members(), is_same) || (depth_ == 1 && !name_.empty() && name_ == object.inner_name);
    if (is_twice) return refuse("is there twice");
    return name_.empty() ? refuse("is a member without a name") : true;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_string(string_view rest, std::size_t, error_code&) {
    text_.append(rest.data(), rest.size());
    return take(std::exchange(text_, {}));
  }
  bool on_number_part(string_view part, error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t number, string_view, error_code&) {
    text_.clear();
    return number >= 0 ? take(static_cast<std::uint64_t>(number)) : take(static_cast<double>(number));
  }
  bool on_uint64(std::uint64_t number, string_view, error_code&) {
    text_.clear();
    return take(number);
  }
  bool on_double(double approximation, string_view rest, error_code&) {
    text_.append(rest.data(), rest.size());
    // Boost.JSON's own number may be a neighbour of the right one.
    double number = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
    text_.clear();
    if (error != std::errc{}) number = approximation;
    if (!std::isfinite(number)) return refuse("is a number that is not finite");
    return take(number);
  }
  bool on_bool(bool truth, error_code&) { return take(truth); }
  bool on_null(error_code&) { return take(nullptr); }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

 private:
  std::vector<FlatMember>& members() { return depth_ == 1 ? object.members : object.inner; }
  bool refuse(std::string what) {
    reason = std::move(what);
    return false;
  }
  bool take(FlatValue value) {
    if (depth_ == 0) return refuse("is no object");
    members().push_back({.name = name_, .value = std::move(value)});
    return true;
  }

  int depth_ = 0;
  std::string name_;
  std::string text_;  // of a name, string or number, as far as it came
};

std::string shown(const std::string& name) { return name.empty() ? "the line" : fmt::format("\"{}\"", name); }

}  // namespace

Result<FlatObject> read_flat_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = 2;
  boost::json::basic_parser<Builder> parser(options);
  error_code error;
  const std::size_t size = parser.write_some(false, text.data(), text.size(), error);
  Builder& built = parser.handler();
  if (!built.reason.empty()) {
    return base::fail(ErrorCode::kInvalid, fmt::format("{} {}", shown(built.name()), built.reason),
                      "send lines as `penny export` writes them", built.name());
  }
  if (error) {
    return base::fail(
        ErrorCode::kInvalid,
        fmt::format("it is not JSON as expected: {} at byte {} of {}", error.message(), size, text.size()),
        "send lines as `penny export` writes them");
  }
  if (size != text.size()) {
    return base::fail(ErrorCode::kInvalid,
                      fmt::format("it is not one JSON object: it ends at byte {} of {}", size, text.size()),
                      "send one object a line");
  }
  return std::move(built.object);
}

}  // namespace penny::model
