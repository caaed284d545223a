#pragma once

// What Ctrl-C and termination mean: to a write, that nobody will know how it ended, so the id to retry with is printed;
// to a command that waits, that it is over.

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

// From now on SIGINT and SIGTERM do not end the program at once, but make `is_stop_requested` true. A second one ends
// it.
void catch_stop_requests();
[[nodiscard]] bool is_stop_requested();

}  // namespace penny::cli
