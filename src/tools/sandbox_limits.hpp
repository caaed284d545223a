#pragma once

// The limits of a program as setrlimit(2) knows them, and what a limit may be.

#include <string>
#include <vector>

#include "tools/sandbox.hpp"

namespace penny::tools {

// kInvalid with field "limits" if one is too small for any program, or so large that it is none.
[[nodiscard]] Result<void> check_limits(const SandboxLimits& limits);

// For prlimit(1), soft and hard alike, so that the program cannot raise them.
[[nodiscard]] std::vector<std::string> prlimit_options(const SandboxLimits& limits);

}  // namespace penny::tools
