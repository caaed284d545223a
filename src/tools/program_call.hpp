#pragma once

// A call of a program tool: JSON in, JSON out, in a sandbox of its own.

#include <chrono>
#include <string>
#include <string_view>

#include <penny/cancel.hpp>
#include <penny/error.hpp>
#include <penny/tool.hpp>

#include "tools/sandbox.hpp"

namespace penny::tools {

// What is in force for it.
[[nodiscard]] SandboxLimits limits_of(const ToolProgram& program);

// What the program wrote, if it ended with 0; else why not: `kToolTimedOut`, `kStopped` (cancelled), `kStorageFailed` (another exit
// code or a signal, with the begin of its errors), and with the field "sandbox" what kept it from being run at all. Blocks until
// nothing of it is left. Any thread.
[[nodiscard]] Result<std::string> run_tool_program(const ToolProgram& program, std::string_view input,
                                                   std::chrono::steady_clock::time_point deadline,
                                                   const CancelToken& cancel);

}  // namespace penny::tools
