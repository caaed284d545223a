#pragma once

// Stored text as it may be shown on a terminal. What a user or a web page wrote can hold control sequences that move
// the cursor, change colours or reverse the reading direction; they are shown as escapes (\x1b, \u202e), never sent.

#include <cstddef>
#include <string>
#include <string_view>

namespace penny::cli {

// For one line: every control character is escaped, line ends and tabs too.
[[nodiscard]] std::string escape_line(std::string_view text);

// For a block of lines: line feeds and tabs stay, and each line after the first is indented by `indent` spaces. A line
// feed at the very end goes.
[[nodiscard]] std::string escape_block(std::string_view text, std::size_t indent);

// For a piece of a text whose rest is still to come: line feeds and tabs stay.
[[nodiscard]] std::string escape_piece(std::string_view piece);

// `escape_line` of the first characters: at most `characters_max` of them, the last being "…" if more were there.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t characters_max);

// Characters (code points) of valid UTF-8.
[[nodiscard]] std::size_t count_characters(std::string_view text);

// JSON text in which the characters that a terminal could obey and JSON lets stand (DEL, controls beyond ASCII, marks of
// reading direction) are escaped as JSON does it. The value stays the same.
[[nodiscard]] std::string escape_json(std::string_view json);

}  // namespace penny::cli
