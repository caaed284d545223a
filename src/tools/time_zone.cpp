#include "tools/time_zone.hpp"

#include <unicode/ucal.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace penny::tools {
namespace {

constexpr std::int32_t kNameCharactersMax = 64;
using Name = std::array<UChar, kNameCharactersMax + 1>;

struct CalendarCloser {
  void operator()(UCalendar* calendar) const { ucal_close(calendar); }
};

// IANA names are letters, digits and _ + - / of ASCII.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameCharactersMax && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
           c == '-' || c == '/';
  });
}

std::string text_of(const Name& name, std::int32_t size) {
  std::string text;
  for (std::int32_t i = 0; i < size; ++i) text.push_back(static_cast<char>(name[static_cast<std::size_t>(i)]));
  return text;
}

}  // namespace

std::optional<ZonedTime> find_zone(std::string_view name, Time at) {
  UErrorCode status = U_ZERO_ERROR;
  Name wanted{};
  std::int32_t size = 0;
  if (name.empty()) {
    size = ucal_getDefaultTimeZone(wanted.data(), kNameCharactersMax, &status);
  } else {
    if (!is_name(name)) return std::nullopt;
    std::ranges::copy(name, wanted.begin());
    size = static_cast<std::int32_t>(name.size());
    // Asked for a zone that it does not know, ICU opens a calendar of GMT; here it says so.
    Name canonical{};
    UBool is_system_id = 0;
    ucal_getCanonicalTimeZoneID(wanted.data(), size, canonical.data(), kNameCharactersMax, &is_system_id, &status);
    if (is_system_id == 0) return std::nullopt;
  }
  if (U_FAILURE(status) || size > kNameCharactersMax) return std::nullopt;
  const std::unique_ptr<UCalendar, CalendarCloser> calendar(
      ucal_open(wanted.data(), size, "en_US", UCAL_GREGORIAN, &status));
  if (U_FAILURE(status)) return std::nullopt;
  ucal_setMillis(calendar.get(),
                 static_cast<double>(std::chrono::floor<std::chrono::milliseconds>(at).time_since_epoch().count()),
                 &status);
  const std::int32_t offset_ms =
      ucal_get(calendar.get(), UCAL_ZONE_OFFSET, &status) + ucal_get(calendar.get(), UCAL_DST_OFFSET, &status);
  if (U_FAILURE(status)) return std::nullopt;
  return ZonedTime{.zone = text_of(wanted, size), .offset = std::chrono::seconds(offset_ms / 1000)};
}

std::string time_answer(Time at, const ZonedTime& zone) {
  const auto utc = std::chrono::floor<std::chrono::seconds>(at);
  const auto local = utc + zone.offset;
  const auto as_calendar = [](auto moment) { return fmt::gmtime(std::chrono::system_clock::to_time_t(moment)); };
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(std::chrono::abs(zone.offset)).count();
  return fmt::format(R"({{"local":"{:%FT%T}{}{:02}:{:02}","time_zone":"{}","utc":"{:%FT%T}Z","weekday":"{:%A}"}})",
                     as_calendar(local), zone.offset.count() < 0 ? '-' : '+', minutes / 60, minutes % 60, zone.zone,
                     as_calendar(utc), as_calendar(local));
}

}  // namespace penny::tools
