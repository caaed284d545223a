#pragma once

// The program's log, on standard error: warnings and errors, with --verbose everything.

#include <penny/log.hpp>

namespace penny::cli {

// For `OpenOptions::log`. May be called from any thread.
[[nodiscard]] LogCallback program_log(bool is_verbose);

}  // namespace penny::cli
