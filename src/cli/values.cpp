#include "cli/values.hpp"

#include <charconv>
#include <cmath>
#include <ctime>
#include <memory>
#include <system_error>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/json_value.hpp"

namespace penny::cli {

using std::chrono::milliseconds;

namespace {

// What has more levels than we read is JSON all the same.
bool is_json(const base::JsonReading& reading) {
  return reading.fault == base::JsonFault::kNone || reading.fault == base::JsonFault::kTooDeep;
}

}  // namespace

std::string format_time_briefly(Time time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}Z", fmt::gmtime(std::time_t{second.time_since_epoch().count()}));
}

std::optional<milliseconds> parse_duration(std::string_view text) {
  double unit_ms = 1;
  if (text.ends_with("ms")) {
    text.remove_suffix(2);
  } else if (text.ends_with('s')) {
    unit_ms = 1'000;
    text.remove_suffix(1);
  } else if (text.ends_with('m')) {
    unit_ms = 60'000;
    text.remove_suffix(1);
  }
  const auto number = parse_number(text);
  if (!number || std::signbit(*number) || *number * unit_ms > 86'400'000) return std::nullopt;
  return milliseconds{std::llround(*number * unit_ms)};
}

std::optional<std::chrono::hours> parse_age(std::string_view text) {
  constexpr std::uint64_t kHoursMax = 100ULL * 365 * 24;
  const std::uint64_t unit = text.ends_with('h') ? 1 : text.ends_with('d') ? 24 : text.ends_with('w') ? 7 * 24 : 0;
  if (unit == 0) return std::nullopt;
  const auto number = parse_whole_number(text.substr(0, text.size() - 1));
  if (!number || *number == 0 || *number > kHoursMax / unit) return std::nullopt;
  return std::chrono::hours{*number * unit};
}

std::optional<std::uint64_t> parse_whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string json_of(std::string_view text) {
  if (is_json(base::read_json(text))) return std::string{text};
  return boost::json::serialize(boost::json::string_view{text.data(), text.size()});
}

std::optional<DimensionValue> parse_dimension_value(std::string_view text) {
  const base::JsonReading parsed = base::read_json(text);
  if (!is_json(parsed)) return DimensionValue{std::string{text}};
  if (parsed.value.is_number()) return DimensionValue{parsed.value.to_number<double>()};
  if (parsed.value.is_string()) {
    const auto& string = parsed.value.get_string();
    return DimensionValue{std::string{string.data(), string.size()}};
  }
  return std::nullopt;
}

}  // namespace penny::cli
