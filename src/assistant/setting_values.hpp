#pragma once

// Values that several tables of the configuration hold.

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <penny/error.hpp>

namespace penny::assistant {

inline constexpr std::size_t kSettingBytesMax = 2048;

// An http or https address that a path can be appended to: without "?" and "#".
[[nodiscard]] bool is_base_url(const std::string& text);

// Printable ASCII without space: what goes into a header must not begin another one.
[[nodiscard]] bool is_key(std::string_view text);

// The key in a file of its own, so that the configuration may be shown around; space at its end is left out. Blocks on the disk. Errors:
// `kInvalid` for what is no key, those of `tools::read_owned_file`.
[[nodiscard]] Result<std::string> read_key(const std::string& path);

[[nodiscard]] std::chrono::milliseconds to_milliseconds(double seconds);

}  // namespace penny::assistant
