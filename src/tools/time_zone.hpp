#pragma once

// The offset of a time zone from UTC, by ICU and its copy of the IANA data: C++20's own zones are not in g++ 12, and the C library knows
// only one zone at a time for the whole process.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <penny/id.hpp>

namespace penny::tools {

struct ZonedTime {
  std::string zone;             // its IANA name
  std::chrono::seconds offset;  // local time minus UTC, at that moment
};

// Nothing if there is no such zone. An empty name is the zone of this machine. Any thread.
[[nodiscard]] std::optional<ZonedTime> find_zone(std::string_view name, Time at);

// What time.now answers: {"utc":"2026-03-01T11:00:00Z","local":"2026-03-01T12:00:00+01:00","time_zone":"Europe/Berlin",
// "weekday":"Sunday"}.
[[nodiscard]] std::string time_answer(Time at, const ZonedTime& zone);

}  // namespace penny::tools
