#pragma once

// UTF-8 as Unicode 15 defines it (table 3-7): shortest forms only, no surrogates, nothing above U+10FFFF.

#include <cstddef>
#include <string_view>

namespace penny::base {

[[nodiscard]] bool is_valid_utf8(std::string_view text);

// Valid, and fit for a name that people read on one line: no control characters (C0, DEL, C1), no line or paragraph
// separators (U+2028, U+2029), no marks that turn the direction of writing, no noncharacters. Spaces are allowed.
[[nodiscard]] bool is_printable_utf8(std::string_view text);

// How many bytes the first `characters` code points take; all bytes if there are fewer. `text` must be valid.
[[nodiscard]] std::size_t utf8_prefix_bytes(std::string_view text, std::size_t characters);

}  // namespace penny::base
