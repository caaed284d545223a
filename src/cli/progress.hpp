#pragma once

// How far a long command is, on one line of standard error that is written over; only if that is a terminal.

#include <chrono>
#include <string_view>

namespace penny::cli {

class ProgressLine {
 public:
  // Never shows anything with --json.
  explicit ProgressLine(bool is_json);
  ~ProgressLine();  // wipes the line
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // At most ten times a second; what comes between is left out.
  void show(std::string_view text);

 private:
  bool is_shown_;
  std::size_t width_ = 0;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace penny::cli
