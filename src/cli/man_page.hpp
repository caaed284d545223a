#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command_tree.hpp"

namespace penny::cli {

// The manual page penny(1), in roff with the macros of man(7).
[[nodiscard]] std::string man_page(const std::vector<TreeCommand>& tree, std::string_view version);

}  // namespace penny::cli
