#include "bench/table.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

namespace penny::bench {
namespace {

std::string with_thousands_apart(double value) {
  const std::string digits = fmt::format("{:.0f}", value);
  std::string apart;
  for (std::size_t place = 0; place < digits.size(); ++place) {
    if (place > 0 && (digits.size() - place) % 3 == 0) apart += ',';
    apart += digits[place];
  }
  return apart;
}

}  // namespace

std::string to_markdown(const Table& table) {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < table.header.size(); ++column) {
    std::size_t width = table.header[column].size();
    for (const auto& row : table.rows) width = std::max(width, row.at(column).size());
    widths.push_back(width);
  }
  const auto line_of = [&](const std::vector<std::string>& cells) {
    std::string line = "|";
    for (std::size_t column = 0; column < widths.size(); ++column) {
      line += fmt::format(" {:<{}} |", cells.at(column), widths[column]);
    }
    return line + "\n";
  };
  std::string text = fmt::format("### {}\n\n{}|", table.title, line_of(table.header));
  for (const std::size_t width : widths) text += std::string(width + 2, '-') + "|";
  text += "\n";
  for (const auto& row : table.rows) text += line_of(row);
  return text + "\n";
}

std::string format_number(double value) {
  if (value >= 100 || value == std::floor(value)) return with_thousands_apart(value);
  if (value >= 10) return fmt::format("{:.1f}", value);
  if (value >= 1) return fmt::format("{:.2f}", value);
  return fmt::format("{:.3f}", value);
}

std::string format_summary(const Summary& summary) {
  return fmt::format("{} ({}..{})", format_number(summary.median), format_number(summary.min),
                     format_number(summary.max));
}

std::string format_ratio(const Summary& summary) {
  return fmt::format("{:.2f} x ({:.2f}..{:.2f})", summary.median, summary.min, summary.max);
}

}  // namespace penny::bench
