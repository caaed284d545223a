#pragma once

// What is said of how long something took.

#include <cstdint>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "bench/statistics.hpp"

namespace penny::figures {

struct Waits {
  std::uint64_t count = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double worst_ms = 0;
};

[[nodiscard]] Waits waits_of(const bench::Histogram& waits);
[[nodiscard]] boost::json::object json_of(const Waits& waits);
// What `json_of` made. Throws if it is something else.
[[nodiscard]] Waits waits_from(const boost::json::value& json);
// p50, p99 and worst, in ms.
[[nodiscard]] std::vector<std::string> cells_of(const Waits& waits);
// The same in us.
[[nodiscard]] std::vector<std::string> cells_us_of(const Waits& waits);

// `one` with the cells of `more` behind it.
[[nodiscard]] std::vector<std::string> row(std::vector<std::string> one, const std::vector<std::string>& more);

[[nodiscard]] double ms_of(std::uint64_t nanoseconds);

}  // namespace penny::figures
