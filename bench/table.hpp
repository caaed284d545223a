#pragma once

// Tables in Markdown, padded so that they read well as they are.

#include <cstdint>
#include <string>
#include <vector>

#include "bench/statistics.hpp"

namespace penny::bench {

struct Table {
  std::string title;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // each as long as the header
};

[[nodiscard]] std::string to_markdown(const Table& table);

// With as many digits as the figure deserves: "13,942", "61.3", "0.412"; without decimals if it is whole. Not negative.
[[nodiscard]] std::string format_number(double value);

// "13,942 (12,805..14,511)" and "6.81 x (6.5..7.3)".
[[nodiscard]] std::string format_summary(const Summary& summary);
[[nodiscard]] std::string format_ratio(const Summary& summary);

}  // namespace penny::bench
