#include "tools/program_call.hpp"

#include <utility>

#include <fmt/core.h>

#include "base/error.hpp"

namespace penny::tools {
namespace {

std::unexpected<Error> failed(const ProgramResult& result, std::string_view how) {
  return base::fail(ErrorCode::kStorageFailed,
                    fmt::format("the tool's program {} {}: {}", how, result.code, result.errors),
                    "look at what it says");
}

}  // namespace

SandboxLimits limits_of(const ToolProgram& program) {
  SandboxLimits limits;
  limits.memory_bytes = program.memory_bytes;
  limits.processes = program.processes;
  limits.file_bytes = program.file_bytes;
  limits.cpu_seconds = program.cpu_seconds;
  limits.output_bytes = program.output_bytes;
  limits.has_network = program.has_network;
  return limits;
}

Result<std::string> run_tool_program(const ToolProgram& program, std::string_view input,
                                     std::chrono::steady_clock::time_point deadline, const CancelToken& cancel) {
  auto result = run_program({.command = program.command, .environment = {}, .readable_paths = program.readable_paths},
                            input, limits_of(program), deadline, cancel);
  if (!result) {
    result.error().field = "sandbox";
    return std::unexpected(std::move(result.error()));
  }
  switch (result->end) {
    case ProgramEnd::kDeadline:
      return base::fail(ErrorCode::kToolTimedOut, "the tool's program did not end until its deadline, and was ended",
                        "ask for less at once, or try again later; what it did until then may have had effects",
                        "deadline");
    case ProgramEnd::kCancelled:
      return base::fail(ErrorCode::kStopped, "the call was cancelled", "call again");
    case ProgramEnd::kSignal:
      return failed(*result, "was ended by signal");
    case ProgramEnd::kExit:
      break;
  }
  if (result->code != 0) return failed(*result, "ended with exit code");
  return std::move(result->output);
}

}  // namespace penny::tools
