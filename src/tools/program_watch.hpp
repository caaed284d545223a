#pragma once

// Feeds and hears a started program, and ends all that it began.

#include "tools/program_start.hpp"

namespace penny::tools {

// Used by one thread: the one that started the program, since bubblewrap dies with it.
class ProgramWatch {
 public:
  ProgramWatch(StartedProgram program, std::string_view input, const SandboxLimits& limits);
  ~ProgramWatch();  // ends it
  ProgramWatch(const ProgramWatch&) = delete;
  ProgramWatch& operator=(const ProgramWatch&) = delete;

  // Blocks as `run_program`. Once only. Error: kNoPermission if bubblewrap could not make the sandbox; then nothing was run.
  [[nodiscard]] Result<ProgramResult> run(std::chrono::steady_clock::time_point deadline, const CancelToken& cancel);

 private:
  enum class Stop : std::uint8_t { kEnded, kDeadline, kCancelled };

  Stop watch(std::chrono::steady_clock::time_point deadline, const CancelToken& cancel);
  void feed();
  void hear();
  void let_go_when_ready();
  [[nodiscard]] bool end_tree();
  [[nodiscard]] Error why_no_sandbox() const;

  StartedProgram program_;
  std::string_view input_;  // what is not yet taken
  const SandboxLimits limits_;
  std::string status_;
  Descriptor first_process_;  // process 1 of the sandbox
  bool is_let_go_ = false;
  bool is_waited_for_ = false;
  int wait_status_ = 0;  // of bubblewrap
  ProgramResult result_;
};

}  // namespace penny::tools
