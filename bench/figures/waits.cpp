#include "bench/figures/waits.hpp"

#include "bench/table.hpp"

namespace penny::figures {

namespace {
constexpr double kNsPerMs = 1e6;
constexpr double kUsPerMs = 1e3;
}  // namespace

Waits waits_of(const bench::Histogram& waits) {
  return {.count = waits.count(),
          .p50_ms = waits.percentile_ns(0.5) / kNsPerMs,
          .p99_ms = waits.percentile_ns(0.99) / kNsPerMs,
          .worst_ms = ms_of(waits.worst_ns())};
}

boost::json::object json_of(const Waits& waits) {
  return {{"count", waits.count}, {"p50_ms", waits.p50_ms}, {"p99_ms", waits.p99_ms}, {"worst_ms", waits.worst_ms}};
}

Waits waits_from(const boost::json::value& json) {
  const auto number = [&](const char* name) { return json.at(name).to_number<double>(); };
  return {.count = json.at("count").to_number<std::uint64_t>(),
          .p50_ms = number("p50_ms"),
          .p99_ms = number("p99_ms"),
          .worst_ms = number("worst_ms")};
}

std::vector<std::string> cells_of(const Waits& waits) {
  return {bench::format_number(waits.p50_ms), bench::format_number(waits.p99_ms), bench::format_number(waits.worst_ms)};
}

std::vector<std::string> cells_us_of(const Waits& waits) {
  return cells_of({.count = waits.count,
                   .p50_ms = waits.p50_ms * kUsPerMs,
                   .p99_ms = waits.p99_ms * kUsPerMs,
                   .worst_ms = waits.worst_ms * kUsPerMs});
}

std::vector<std::string> row(std::vector<std::string> one, const std::vector<std::string>& more) {
  one.insert(one.end(), more.begin(), more.end());
  return one;
}

double ms_of(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / kNsPerMs; }

}  // namespace penny::figures
