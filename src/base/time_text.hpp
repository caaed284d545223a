#pragma once

// Times as text, in ISO 8601.

#include <optional>
#include <string>
#include <string_view>

#include <penny/id.hpp>

namespace penny::base {

// "2025-11-23", "2025-11-23T18:47", "2025-11-23 18:47:02.25+01:00". Years 0001..9999, up to six decimals of a second;
// without an offset it is UTC. Nothing if the text is no such time; it does not trim, guess or round.
[[nodiscard]] std::optional<Time> parse_time(std::string_view text);

// "2025-11-23T18:47:02.250000Z".
[[nodiscard]] std::string format_time(Time time);

}  // namespace penny::base
