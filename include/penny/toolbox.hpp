#pragma once

// The tools that Penny brings along, and the owner's own programs, as a configuration file allows them.

#include <string>

#include <penny/error.hpp>
#include <penny/store.hpp>
#include <penny/tool.hpp>

namespace penny {

// `path`: a file in TOML (docs/configuration.md); empty: $XDG_CONFIG_HOME/penny/penny.toml, else ~/.config/penny/penny.toml. One that is
// missing allows what stays within the store: math.calc, time.now, memory.search, memory.remember. `store` must outlive the
// registry. Blocks on the disk. Errors: `kInvalid` with file and line; `kNoPermission` if others may write the file; `kNotFound` without
// a home.
[[nodiscard]] Result<ToolRegistry> configured_tools(Store& store, const std::string& path = {});

}  // namespace penny
