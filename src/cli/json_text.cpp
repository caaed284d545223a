#include "cli/json_text.hpp"

#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "cli/escape.hpp"

namespace penny::cli {
namespace {

void append(std::string& out, const boost::json::value& value);

void append_string(std::string& out, boost::json::string_view text) {
  out += escape_json(boost::json::serialize(text));
}

void append(std::string& out, const boost::json::array& array) {
  out += '[';
  const char* separator = "";
  for (const auto& item : array) {
    out += separator;
    append(out, item);
    separator = ",";
  }
  out += ']';
}

void append(std::string& out, const boost::json::object& object) {
  out += '{';
  const char* separator = "";
  for (const auto& member : object) {
    out += separator;
    append_string(out, member.key());
    out += ':';
    append(out, member.value());
    separator = ",";
  }
  out += '}';
}

void append(std::string& out, const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      out += "null";
      break;
    case boost::json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      break;
    case boost::json::kind::int64:
      fmt::format_to(std::back_inserter(out), "{}", value.get_int64());
      break;
    case boost::json::kind::uint64:
      fmt::format_to(std::back_inserter(out), "{}", value.get_uint64());
      break;
    case boost::json::kind::double_:
      if (std::isfinite(value.get_double())) {
        fmt::format_to(std::back_inserter(out), "{}", value.get_double());
      } else {
        out += "null";
      }
      break;
    case boost::json::kind::string:
      append_string(out, value.get_string());
      break;
    case boost::json::kind::array:
      append(out, value.get_array());
      break;
    case boost::json::kind::object:
      append(out, value.get_object());
      break;
  }
}

}  // namespace

std::string json_text(const boost::json::value& value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace penny::cli
