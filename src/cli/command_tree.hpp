#pragma once

// The commands of the program and their options as plain values, read off CLI11: what completion and the man page are
// made of, so that neither can lag behind.

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace penny::cli {

struct TreeOption {
  std::vector<std::string> names;  // as they are typed: "--user", "-v"; none: a positional
  std::string type_name;           // of its value, for example "NAME"; empty for a flag
  std::string description;
  std::string group;
  bool is_required = false;

  [[nodiscard]] bool is_positional() const { return names.empty(); }
  [[nodiscard]] bool takes_value() const { return !is_positional() && !type_name.empty(); }
};

struct TreeCommand {
  std::string name;  // "penny turn add"
  std::string description;
  std::string footer;
  std::vector<TreeOption> options;       // in the order of the help
  std::vector<std::string> subcommands;  // their last words, in that order
};

// The program itself first, each command before its subcommands. Without what the help does not show.
[[nodiscard]] std::vector<TreeCommand> command_tree(const CLI::App& root);

}  // namespace penny::cli
