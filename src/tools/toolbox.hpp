#pragma once

// All the tools of a configuration, with what does their work.

#include <penny/error.hpp>
#include <penny/store.hpp>
#include <penny/tool.hpp>

#include "tools/configuration.hpp"

namespace penny::tools {

// `store` must outlive the registry. `kInvalid` if the configuration has a program or a limit that is refused. Does not block.
[[nodiscard]] Result<ToolRegistry> toolbox(Store& store, const Configuration& configuration);

}  // namespace penny::tools
