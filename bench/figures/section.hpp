#pragma once

// What one measurement found, as tables for people and as JSON for programs.

#include <string>
#include <vector>

#include <boost/json.hpp>

#include "bench/machine.hpp"
#include "bench/table.hpp"

namespace penny::figures {

struct Section {
  std::string name;                  // "search"
  std::vector<std::string> notes{};  // sentences that the tables need
  std::vector<bench::Table> tables{};
  boost::json::object json{};
  std::vector<std::string> problems{};  // whatever was lost, damaged or refused without a reason
  double others_cores = 0;              // processor time of programs outside meanwhile
};

[[nodiscard]] std::string markdown_of(const bench::Machine& machine, const std::vector<Section>& sections);
[[nodiscard]] std::string json_of(const bench::Machine& machine, const std::vector<Section>& sections);

[[nodiscard]] std::string yes_or_no(bool is_met);
[[nodiscard]] std::string megabytes(double bytes);  // "63.9": 10^6 bytes

}  // namespace penny::figures
