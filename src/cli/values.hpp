#pragma once

// Values as people type them: times, durations, numbers, JSON or text. Each reader answers nothing if the text is not
// such a value; none of them trims, guesses or rounds.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <penny/id.hpp>
#include <penny/model.hpp>

#include "base/time_text.hpp"

namespace penny::cli {

using base::format_time;
using base::parse_time;

// To the second, for tables: "2025-11-23 18:47:02Z".
[[nodiscard]] std::string format_time_briefly(Time time);

// "1500" and "1500ms" are milliseconds; also "5s" and "2m", with decimals ("0.5s"). From 0 to one day.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// How old something is, in whole hours, days or weeks: "12h", "90d", "52w"; from 1 hour to 100 years.
[[nodiscard]] std::optional<std::chrono::hours> parse_age(std::string_view text);

// Decimal digits alone.
[[nodiscard]] std::optional<std::uint64_t> parse_whole_number(std::string_view text);

// A decimal number, with a sign and an exponent if need be; finite.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

// The text itself if it is JSON, else the text as a JSON string. How deep or big it may be is for the store to say.
[[nodiscard]] std::string json_of(std::string_view text);

// A number or a string if the text is JSON for one, else the text itself. Nothing for other JSON (true, null, [], {}),
// which no dimension can hold.
[[nodiscard]] std::optional<DimensionValue> parse_dimension_value(std::string_view text);

}  // namespace penny::cli
