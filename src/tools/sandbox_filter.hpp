#pragma once

// The system calls that no tool needs, and that reach beyond its limits or have let programs out of sandboxes before.

#include "tools/descriptor.hpp"
#include "tools/sandbox.hpp"

namespace penny::tools {

// A file in memory with the filter as bubblewrap's --seccomp takes it, at its begin. What it refuses fails with EPERM or ENOSYS; nothing is
// killed for it. Error: kOverloaded.
[[nodiscard]] Result<Descriptor> sandbox_filter();

}  // namespace penny::tools
