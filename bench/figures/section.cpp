#include "bench/figures/section.hpp"

#include <fmt/core.h>

namespace penny::figures {
namespace {

constexpr double kMillion = 1e6;
constexpr double kOthersCoresMax = 0.2;

}  // namespace

std::string yes_or_no(bool is_met) { return is_met ? "yes" : "no"; }

std::string megabytes(double bytes) { return bench::format_number(bytes / kMillion); }

std::string markdown_of(const bench::Machine& machine, const std::vector<Section>& sections) {
  std::string text = fmt::format("{} x {}, {}, {}; SQLite {}, synchronous=FULL.\n\n", machine.cores, machine.processor,
                                 machine.kernel, machine.file_system, machine.sqlite_version);
  for (const Section& section : sections) {
    text += fmt::format("## {}\n\n", section.name);
    for (const std::string& note : section.notes) text += note + "\n";
    text += fmt::format("Other programs used {:.2f} cores meanwhile{}.\n\n", section.others_cores,
                        section.others_cores > kOthersCoresMax ? " (DISTURBED)" : "");
    for (const bench::Table& table : section.tables) text += to_markdown(table);
    for (const std::string& problem : section.problems) text += fmt::format("**Problem:** {}\n\n", problem);
  }
  return text;
}

std::string json_of(const bench::Machine& machine, const std::vector<Section>& sections) {
  boost::json::object all{{"machine",
                           {{"processor", machine.processor},
                            {"cores", machine.cores},
                            {"kernel", machine.kernel},
                            {"file_system", machine.file_system},
                            {"sqlite", machine.sqlite_version}}}};
  for (const Section& section : sections) {
    boost::json::object json = section.json;
    json["others_cores"] = section.others_cores;
    json["problems"] = boost::json::value_from(section.problems);
    all[section.name] = std::move(json);
  }
  return boost::json::serialize(all);
}

}  // namespace penny::figures
