#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.hpp"

namespace penny::cli {

void add_voice_command(CLI::App& app, Commands& commands);

}  // namespace penny::cli
