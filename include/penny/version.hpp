#pragma once

#include <string_view>

namespace penny {

inline constexpr std::string_view kVersion = "0.1.0";

// The version of the SQLite inside this library, which is hidden: another copy in the same program is not touched by
// it.
[[nodiscard]] std::string_view sqlite_version();

}  // namespace penny
