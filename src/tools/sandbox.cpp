#include "tools/sandbox.hpp"

#include <utility>

#include "tools/program_start.hpp"
#include "tools/program_watch.hpp"
#include "tools/sandbox_command.hpp"

namespace penny::tools {

std::string_view to_string(ProgramEnd end) {
  switch (end) {
    case ProgramEnd::kExit:
      return "exit";
    case ProgramEnd::kSignal:
      return "signal";
    case ProgramEnd::kDeadline:
      return "deadline";
    case ProgramEnd::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

Result<ProgramResult> run_program(const Program& program, std::string_view input, const SandboxLimits& limits,
                                  std::chrono::steady_clock::time_point deadline, const CancelToken& cancel) {
  const auto begin = std::chrono::steady_clock::now();
  auto command = sandbox_command(program, limits);
  if (!command) return std::unexpected(command.error());
  if (begin >= deadline) {
    ProgramResult nothing_run;
    nothing_run.end = ProgramEnd::kDeadline;
    nothing_run.gone_after = std::chrono::microseconds(0);
    return nothing_run;
  }
  auto started = start_program(std::move(*command));
  if (!started) return std::unexpected(started.error());
  ProgramWatch watch(std::move(*started), input, limits);
  auto result = watch.run(deadline, cancel);
  if (result)
    result->took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  return result;
}

}  // namespace penny::tools
