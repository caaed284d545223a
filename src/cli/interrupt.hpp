#pragma once

// What Ctrl-C and termination mean: to a write, that nobody will know how it ended, so the id to retry with is printed;
// to a command that waits, that it is over.

#include <string_view>

#include <penny/id.hpp>

namespace penny::cli {

// While it lives, SIGINT, SIGTERM and SIGHUP print that the operation may or may not be stored and how to settle it,
// and end the program with `ExitCode::kTryAgain`. One at a time.
class RetryNotice {
 public:
  RetryNotice(const OperationId& id, bool is_json);
  ~RetryNotice();
  RetryNotice(const RetryNotice&) = delete;
  RetryNotice& operator=(const RetryNotice&) = delete;
};

// The same for a command that is sent again as it is: it says what may have become of it, and what to do.
class EndNotice {
 public:
  EndNotice(std::string_view message, std::string_view advice, bool is_json);
  ~EndNotice();
  EndNotice(const EndNotice&) = delete;
  EndNotice& operator=(const EndNotice&) = delete;
};

// From now on SIGINT and SIGTERM do not end the program at once, but make `is_stop_requested` true. A second one ends
// it.
void catch_stop_requests();
// The same for a command that looks at `is_stop_requested` between its steps. If a step takes longer than two seconds (somebody
// stopped holds the gate, nobody reads what is printed), the command ends there with `ExitCode::kTryAgain` and this advice.
void catch_stop_requests(std::string_view advice, bool is_json);
[[nodiscard]] bool is_stop_requested();

}  // namespace penny::cli
