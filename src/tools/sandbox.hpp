#pragma once

// The sandbox: a program of somebody else, text on its standard input, text from its standard output, and nothing left of it.
//
// 1. A program runs in bubblewrap or not at all. Where bubblewrap is missing or the kernel allows no namespaces, the call is refused.
// 2. It sees the system's programs and libraries read-only, what its `Program` names, a /tmp of its own, and nothing else: no file, process,
//    descriptor, environment or network of anybody.
// 3. It ends at its own end, at the deadline, or when it is cancelled, and then every process that it began ends with it, however that hides:
//    its process 1 is gone only when all of its pid namespace are, and the call waits for that.
// 4. If this process dies, the tree dies: bubblewrap gets SIGKILL with the thread that started it, process 1 with bubblewrap.
// 5. The caller never blocks on the program: what it does not read is not written, what it says beyond the limit is dropped.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/cancel.hpp>
#include <penny/error.hpp>

namespace penny::tools {

// Of one run. Each limit but those of output and scratch is one process's own, as setrlimit(2) says.
struct SandboxLimits {
  std::uint64_t memory_bytes = std::uint64_t{512} << 20U;  // address space
  std::uint64_t processes = 32;                            // and threads, of the whole sandbox
  std::uint64_t open_files = 64;
  std::uint64_t file_bytes = std::uint64_t{64} << 20U;     // of the largest file that it may write
  std::uint64_t scratch_bytes = std::uint64_t{64} << 20U;  // of its /tmp, which is memory
  std::uint64_t scratch_files = 4'096;                     // there, folders too
  std::uint64_t stack_bytes = std::uint64_t{8} << 20U;
  std::uint64_t cpu_seconds = 30;
  std::uint64_t output_bytes = std::uint64_t{64} << 10U;
  std::uint64_t error_bytes = std::uint64_t{8} << 10U;
  bool has_network = false;
};

struct Program {
  std::vector<std::string> command;  // the first word: an absolute path, or a name in /usr/local/bin, /usr/bin or /bin
  std::vector<std::string> environment;     // names of variables of this process that it gets; others stay here
  std::vector<std::string> readable_paths;  // absolute; files and folders that it may read besides the system's
};

enum class ProgramEnd : std::uint8_t { kExit, kSignal, kDeadline, kCancelled };

// For example "deadline".
[[nodiscard]] std::string_view to_string(ProgramEnd end);

struct ProgramResult {
  ProgramEnd end = ProgramEnd::kExit;
  int code = 0;  // of kExit, 0..128; of kSignal the signal. An exit code of 129..192 cannot be told from a signal.
  std::string output;
  std::string errors;
  bool is_output_cut = false;
  bool are_errors_cut = false;
  bool is_input_taken = false;        // all of it, into the pipe at least
  std::chrono::microseconds took{0};  // from the call until nothing of it was left
  // From its end, the deadline or the cancelling until the last process was gone. Nothing: some process stays in the kernel (a disk that
  // hangs, say) although it has been killed.
  std::optional<std::chrono::microseconds> gone_after;
};

// Blocks until the program has ended and all its processes are gone, `deadline` + 200 ms at most. Any thread, many at once. Runs no handler of
// pthread_atfork(3). Errors: kInvalid (a command, variable or path that cannot be; field "command", "environment", "readable_paths"
// or "limits"), kNotFound (no bubblewrap), kNoPermission (no namespaces), kOverloaded (no descriptor or process left): nothing was run.
[[nodiscard]] Result<ProgramResult> run_program(const Program& program, std::string_view input,
                                                const SandboxLimits& limits,
                                                std::chrono::steady_clock::time_point deadline,
                                                const CancelToken& cancel);

struct SandboxMeasure {
  std::string name;  // for example "network"
  bool is_in_force = false;
  std::string value;  // for example "none", "32 processes"
};

struct SandboxReport {
  bool is_usable = false;
  std::string problem;  // why not, and what to do
  std::vector<SandboxMeasure> measures;
};

// What is in force here, as a program inside a sandbox with these limits finds it. Blocks as `run_program`, 5 s at most.
[[nodiscard]] SandboxReport describe_sandbox(const SandboxLimits& limits);

}  // namespace penny::tools
