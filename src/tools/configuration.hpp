#pragma once

// What the owner of an assistant allows its tools: limits, where to search, which commands, programs of their own. Every key, with
// its default and range, stands in docs/configuration.md, and docs/penny.toml shows all of them.

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/error.hpp>
#include <penny/tool.hpp>

namespace penny::tools {

inline constexpr std::array<std::string_view, 6> kBuiltinNames{"math.calc", "memory.remember", "memory.search",
                                                               "shell.run", "time.now",        "web.search"};

// What the file says of one tool; what is absent is as the tool has it.
struct ToolSettings {
  bool is_enabled = true;
  std::optional<std::uint32_t> calls_max{};
  std::optional<std::chrono::seconds> window{};
  std::optional<std::chrono::milliseconds> deadline{};
  std::optional<bool> needs_permission{};
};

struct WebSearchSettings {
  std::string endpoint{};                    // of a SearXNG-style search, http or https; empty: there is no web.search
  std::vector<std::string> allowed_hosts{};  // beside the endpoint's own
  bool is_endpoint_private = false;          // the endpoint itself may have a private or loopback address
};

struct ShellSettings {
  std::map<std::string, std::string>
      commands{};         // names and the absolute paths that they run; empty: there is no shell.run
  ToolProgram program{};  // the limits of each; its `command` is empty
};

struct Configuration {
  ToolSettings all_tools{};  // for every tool that says nothing else
  std::map<std::string, ToolSettings, std::less<>> tools{};
  WebSearchSettings web_search{};
  ShellSettings shell{};
  std::vector<Tool> programs{};  // tools of the owner's own
};

// $XDG_CONFIG_HOME/penny/penny.toml if that is an absolute path, else ~/.config/penny/penny.toml. `kNotFound` without a home.
[[nodiscard]] Result<std::string> default_path();

// A file that is missing is the default configuration. Blocks on the disk. Errors as of `read_owned_file`, and `kInvalid` with file and
// line for what is no TOML, an unknown key, a wrong type, a value out of range, a command that is not there.
[[nodiscard]] Result<Configuration> read_configuration(const std::string& path);

}  // namespace penny::tools
