#pragma once

// The tools that Penny brings along: names, words for a model, schemas, side effects and limits. What calculates, fetches and runs
// programs is bound from outside.

#include <functional>
#include <string>
#include <string_view>

#include <penny/error.hpp>
#include <penny/store.hpp>
#include <penny/tool.hpp>

#include "tools/configuration.hpp"

namespace penny::tools {

// Runs a program with the input on its standard input, and answers with its output as JSON.
using ProgramRunner = std::function<Result<std::string>(const ToolProgram&, const ToolCallContext&)>;

struct Bindings {
  ToolFunction calculate{};     // math.calc; without it there is none
  ToolFunction search_web{};    // web.search; without it, or without an endpoint in the configuration, there is none
  ProgramRunner run_program{};  // shell.run; without it, or without allowed commands, there is none
};

// Built-in tools that are enabled, and the owner's programs, each with its settings. `store` must outlive the registry. `kInvalid`
// if a program or a limit is refused.
[[nodiscard]] Result<ToolRegistry> builtin_tools(Store& store, const Configuration& configuration,
                                                 const Bindings& bindings);

// The program that a checked input of shell.run asks for. `kInvalid` with field "input.command" for a name that is not allowed.
[[nodiscard]] Result<ToolProgram> shell_program(const ShellSettings& shell, std::string_view input);

}  // namespace penny::tools
