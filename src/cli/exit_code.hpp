#pragma once

// What the program answers to the shell. Scripts depend on these numbers: never change one.

#include <penny/error.hpp>

namespace penny::cli {

enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kWrongUse = 2,
  kNotFound = 3,
  kTryAgain = 4,  // busy, a deadline passed, or it is unknown whether it is stored: the same command may be repeated
  kDamagedStore = 5,
};

// Every code has an answer. Never blocks.
[[nodiscard]] ExitCode exit_code_of(ErrorCode code);
// The same, but for a quota that is used up: waiting makes no room.
[[nodiscard]] ExitCode exit_code_of(const Error& error);

}  // namespace penny::cli
