#pragma once

// Scripts that complete commands, options and their values in a shell.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_tree.hpp"

namespace penny::cli {

enum class Shell : std::uint8_t { kBash, kZsh, kFish };

[[nodiscard]] std::optional<Shell> parse_shell(std::string_view text);

[[nodiscard]] std::string completion_script(const std::vector<TreeCommand>& tree, Shell shell);

}  // namespace penny::cli
