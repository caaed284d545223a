#pragma once

// The formats that a string of a tool's input may be asked to have. valijson checks date, time and date-time alone, by std::regex,
// which recurses once for each character; so these are checked here, in time that grows with the length alone.

#include <optional>
#include <string_view>

namespace penny::tools {

struct Format {
  std::string_view name;     // as JSON Schema has it
  std::string_view example;  // for the message that refuses
  bool (*is_met)(std::string_view text);
};

// date-time (RFC 3339, with an offset), date, time, email (one address of ASCII), hostname, ipv4, ipv6, uri (absolute), uuid.
// Nothing for any other: a schema that names one is refused, so that nobody relies on what is not checked.
[[nodiscard]] const Format* find_format(std::string_view name);

}  // namespace penny::tools
