#pragma once

// A drawing of several figures over the same time, as SVG.

#include <optional>
#include <string>
#include <vector>

namespace penny::proof::soak {

struct Line {
  std::string name;
  std::vector<double> values;  // one for each moment
};

struct Panel {
  std::string title;
  std::string unit;
  std::vector<Line> lines;
  std::optional<double> limit{};  // drawn as a line across
};

struct Plot {
  std::string title;
  std::vector<double> seconds;         // the moments
  std::vector<Panel> panels;           // two in a row
  std::optional<double> shaded_until;  // seconds from the begin
  std::string shaded_name;
};

// Many moments are drawn as few, each with the largest value of those it stands for: no peak is lost.
[[nodiscard]] std::string as_svg(const Plot& plot);

}  // namespace penny::proof::soak
