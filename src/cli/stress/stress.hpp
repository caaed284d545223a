#pragma once

// `penny stress`: many processes write one store while others watch it, and a separate program accounts for every
// operation that was acknowledged.

#include <CLI/CLI.hpp>

namespace penny::cli {

// Registers the subcommand `stress` and the hidden one that its processes run. Their callbacks put the program's exit
// code into `exit_code`, which outlives `app`.
void add_stress(CLI::App& app, int& exit_code);

}  // namespace penny::cli
