#include "proof/soak/series.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <fmt/core.h>

namespace penny::proof::soak {
namespace {

// The number behind "Name:" in a file of /proc.
double number_in(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1));
  }
  throw std::runtime_error(path + " does not tell " + name);
}

}  // namespace

Footprint footprint_of(pid_t process) {
  constexpr double kKilobytesPerMb = 1024;
  const std::string folder = fmt::format("/proc/{}", process);
  Footprint footprint{.resident_mb = number_in(folder + "/smaps_rollup", "Rss") / kKilobytesPerMb,
                      .proportional_mb = number_in(folder + "/smaps_rollup", "Pss") / kKilobytesPerMb,
                      .anonymous_mb = number_in(folder + "/smaps_rollup", "Anonymous") / kKilobytesPerMb,
                      .descriptors = 0,
                      .threads = number_in(folder + "/status", "Threads")};
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/fd")) {
    (void)entry;
    footprint.descriptors += 1;
  }
  return footprint;
}

std::string as_csv(const std::vector<Sample>& samples) {
  std::string text = "seconds,flat_out,operations,operations_per_second,worst_ms,p99_ms,wal_mb,database_mb";
  const std::size_t processes = samples.empty() ? 0 : samples.front().processes.size();
  for (std::size_t i = 0; i < processes; ++i) {
    const std::string who = i == 0 ? "opener" : "writer" + std::to_string(i);
    text += fmt::format(",{0}_rss_mb,{0}_pss_mb,{0}_anonymous_mb,{0}_descriptors,{0}_threads", who);
  }
  text += "\n";
  for (const Sample& s : samples) {
    text += fmt::format("{:.2f},{:d},{},{:.1f},{:.2f},{:.2f},{:.2f},{:.2f}", s.seconds, s.is_flat_out, s.operations,
                        s.operations_per_second, s.worst_ms, s.p99_ms, s.wal_mb, s.database_mb);
    for (const Footprint& f : s.processes) {
      text += fmt::format(",{:.2f},{:.2f},{:.2f},{:.0f},{:.0f}", f.resident_mb, f.proportional_mb, f.anonymous_mb,
                          f.descriptors, f.threads);
    }
    text += "\n";
  }
  return text;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

std::vector<double> third_of(const std::vector<double>& values, std::size_t number) {
  const auto at = [&](std::size_t n) { return values.begin() + static_cast<std::ptrdiff_t>(values.size() * n / 3); };
  return {at(number), at(number + 1)};
}

}  // namespace penny::proof::soak
