#pragma once

// Text of others among lines of our own: it must not fake a line.

#include <string>
#include <string_view>

namespace penny::base {

// The text with every line break and control character in it, the Unicode line and paragraph separators included, as a space; a run
// of them as one.
[[nodiscard]] std::string on_one_line(std::string_view text);

}  // namespace penny::base
