#pragma once

// chat

#include <CLI/CLI.hpp>

#include "cli/command.hpp"

namespace penny::cli {

void add_chat_command(CLI::App& app, Commands& commands);

}  // namespace penny::cli
