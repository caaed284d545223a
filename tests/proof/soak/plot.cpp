#include "proof/soak/plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>

namespace penny::proof::soak {
namespace {

constexpr double kPanelWidth = 520;
constexpr double kPanelHeight = 250;
constexpr double kLeft = 56;
constexpr double kRight = 14;
constexpr double kTop = 46;
constexpr double kBottom = 38;
constexpr double kTitleHeight = 44;
constexpr std::size_t kPointsMax = 450;
// Okabe and Ito's colours, which differ for everybody.
constexpr std::array kColours{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"};

// A step of 1, 2 or 5 times a power of ten, so that about `wanted` of them make the range.
double step_of(double range, int wanted) {
  const double rough = range / wanted;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power) return factor * power;
  }
  return 10 * power;
}

std::string escaped(const std::string& text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '&') escaped += "&amp;";
    if (letter == '<') escaped += "&lt;";
    if (letter != '&' && letter != '<') escaped += letter;
  }
  return escaped;
}

std::string text_at(double x, double y, const char* anchor, double size, const std::string& text,
                    const char* colour = "#333333") {
  return fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}" font-size="{}" fill="{}">{}</text>)", x, y, anchor,
                     size, colour, escaped(text)) +
         "\n";
}

std::string rule(double x1, double y1, double x2, double y2, const char* style) {
  return fmt::format(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" {}/>)", x1, y1, x2, y2, style) + "\n";
}

// Places of one panel, from values to the drawing.
struct Scale {
  double x0, y0, width, height, x_max, y_max;
  [[nodiscard]] double x(double value) const { return x0 + width * value / x_max; }
  [[nodiscard]] double y(double value) const { return y0 + height * (1 - value / y_max); }
};

std::string polyline(const Scale& scale, const std::vector<double>& seconds, const Line& line, const char* colour) {
  std::string points;
  const std::size_t step = std::max<std::size_t>(1, (seconds.size() + kPointsMax - 1) / kPointsMax);
  for (std::size_t i = 0; i < seconds.size(); i += step) {
    const auto begin = line.values.begin() + static_cast<std::ptrdiff_t>(i);
    const auto end = line.values.begin() + static_cast<std::ptrdiff_t>(std::min(i + step, seconds.size()));
    points += fmt::format("{:.1f},{:.1f} ", scale.x(seconds[i]), scale.y(*std::max_element(begin, end)));
  }
  return fmt::format(R"(<polyline points="{}" fill="none" stroke="{}" stroke-width="1.3" stroke-linejoin="round"/>)",
                     points, colour) +
         "\n";
}

std::string axes(const Scale& scale, const Panel& panel) {
  std::string svg;
  const double y_step = step_of(scale.y_max, 5);
  for (double value = 0; value <= scale.y_max * 1.0001; value += y_step) {
    svg += rule(scale.x0, scale.y(value), scale.x0 + scale.width, scale.y(value), R"(stroke="#e4e4e4")");
    svg += text_at(scale.x0 - 6, scale.y(value) + 4, "end", 11, fmt::format("{:g}", value));
  }
  const bool is_in_minutes = scale.x_max >= 300;
  const double shown = is_in_minutes ? scale.x_max / 60 : scale.x_max;
  const double x_step = step_of(shown, 6);
  for (double value = 0; value <= shown * 1.0001; value += x_step) {
    const double x = scale.x(is_in_minutes ? value * 60 : value);
    svg += rule(x, scale.y0 + scale.height, x, scale.y0 + scale.height + 4, R"(stroke="#333333")");
    svg += text_at(x, scale.y0 + scale.height + 17, "middle", 11, fmt::format("{:g}", value));
  }
  svg +=
      rule(scale.x0, scale.y0 + scale.height, scale.x0 + scale.width, scale.y0 + scale.height, R"(stroke="#333333")");
  svg +=
      text_at(scale.x0 + scale.width, scale.y0 + scale.height + 31, "end", 11, is_in_minutes ? "minutes" : "seconds");
  svg += text_at(scale.x0 - 44, scale.y0 - 28, "start", 13, panel.title + ", " + panel.unit);
  return svg;
}

std::string legend(const Scale& scale, const Panel& panel) {
  std::string svg;
  double x = scale.x0;
  const double y = scale.y0 - 10;
  for (std::size_t i = 0; i < panel.lines.size(); ++i) {
    svg += rule(x, y - 4, x + 14, y - 4,
                fmt::format(R"(stroke="{}" stroke-width="3")", kColours[i % kColours.size()]).c_str());
    svg += text_at(x + 18, y, "start", 11, panel.lines[i].name);
    x += 30 + 6.2 * static_cast<double>(panel.lines[i].name.size());
  }
  return svg;
}

std::string panel_svg(const Plot& plot, const Panel& panel, double x0, double y0) {
  double most = panel.limit.value_or(0);
  for (const Line& line : panel.lines) {
    for (const double value : line.values) most = std::max(most, value);
  }
  if (most <= 0) most = 1;
  const double y_step = step_of(most * 1.02, 5);
  const Scale scale{.x0 = x0 + kLeft,
                    .y0 = y0 + kTop,
                    .width = kPanelWidth - kLeft - kRight,
                    .height = kPanelHeight - kTop - kBottom,
                    .x_max = std::max(1.0, plot.seconds.empty() ? 1.0 : plot.seconds.back()),
                    .y_max = std::ceil(most * 1.02 / y_step) * y_step};
  std::string svg;
  if (plot.shaded_until) {
    svg += fmt::format(R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="#f3efe2"/>)", scale.x0,
                       scale.y0, scale.x(*plot.shaded_until) - scale.x0, scale.height) +
           "\n";
  }
  svg += axes(scale, panel);
  if (panel.limit) {
    svg += rule(scale.x0, scale.y(*panel.limit), scale.x0 + scale.width, scale.y(*panel.limit),
                R"(stroke="#aa0000" stroke-dasharray="5 4")");
    svg += text_at(scale.x0 + scale.width, scale.y(*panel.limit) - 4, "end", 11,
                   fmt::format("limit {:g} {}", *panel.limit, panel.unit), "#aa0000");
  }
  for (std::size_t i = 0; i < panel.lines.size(); ++i)
    svg += polyline(scale, plot.seconds, panel.lines[i], kColours[i % kColours.size()]);
  return svg + legend(scale, panel);
}

}  // namespace

std::string as_svg(const Plot& plot) {
  const double rows = std::ceil(static_cast<double>(plot.panels.size()) / 2);
  const double width = 2 * kPanelWidth;
  const double height = kTitleHeight + rows * kPanelHeight;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
      "font-family=\"sans-serif\">\n<rect width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"#ffffff\"/>\n",
      width, height);
  svg += text_at(12, 22, "start", 16, plot.title);
  if (plot.shaded_until) svg += text_at(12, 39, "start", 11, "shaded: " + plot.shaded_name);
  for (std::size_t i = 0; i < plot.panels.size(); ++i) {
    svg += panel_svg(plot, plot.panels[i], static_cast<double>(i % 2) * kPanelWidth,
                     kTitleHeight + static_cast<double>(i / 2) * kPanelHeight);
  }
  return svg + "</svg>\n";
}

}  // namespace penny::proof::soak
