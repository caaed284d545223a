#pragma once

#include <string>
#include <string_view>

#include <penny/error.hpp>

namespace penny::cli {

// The argument, or if it is "-" what standard input holds up to its end, without the line end that closes it (as the
// shell's $(...) takes it off). Blocks until the end of standard input. `kInvalid` beyond 16 MiB, which no text may
// have.
[[nodiscard]] Result<std::string> argument_or_standard_input(std::string_view argument, std::string_view field);

}  // namespace penny::cli
