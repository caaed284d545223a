#pragma once

// Starts bubblewrap, with its program held back until it is let go.

#include <sys/types.h>

#include "tools/descriptor.hpp"
#include "tools/sandbox_command.hpp"

namespace penny::tools {

// All descriptors are close-on-exec; those of the program's input, output and errors do not block.
struct StartedProgram {
  pid_t bubblewrap = -1;          // our child; the caller waits for it
  Descriptor bubblewrap_process;  // of pidfd_open(2)
  Descriptor input;
  Descriptor output;
  Descriptor errors;
  Descriptor status;  // bubblewrap's lines of JSON
  Descriptor gate;    // a line lets the program go; closed without one it ends
};

// Error: kOverloaded; then nothing was started.
[[nodiscard]] Result<StartedProgram> start_program(SandboxCommand command);

}  // namespace penny::tools
