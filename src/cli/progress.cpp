#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <string>

#include <fmt/format.h>

namespace penny::cli {

ProgressLine::ProgressLine(bool is_json) : is_shown_(!is_json && isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (width_ > 0) fmt::print(stderr, "\r{}\r", std::string(width_, ' '));
}

void ProgressLine::show(std::string_view text) {
  const auto now = std::chrono::steady_clock::now();
  if (!is_shown_ || now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  const std::size_t before = width_;
  width_ = text.size();
  fmt::print(stderr, "\r{:<{}}", text, std::max(before, width_));
}

}  // namespace penny::cli
