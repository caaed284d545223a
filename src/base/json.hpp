#pragma once

// JSON that callers hand in (RFC 8259, strict). It is checked, and stored as it was given, byte for byte.

#include <string>
#include <string_view>

#include <penny/error.hpp>

namespace penny::base {

// Refuses (`kInvalid`, with `field`) what is no JSON object, or no JSON value of any kind: more than
// `limits::kJsonBytesMax` bytes or `limits::kJsonDepthMax` levels, invalid UTF-8, a NUL also as \u0000, half a
// surrogate pair, a number that no double holds. Both limits are checked before anything is parsed.
[[nodiscard]] Result<void> check_json_object(std::string_view text, std::string_view field);
[[nodiscard]] Result<void> check_json_value(std::string_view text, std::string_view field);

// `text`, valid UTF-8, as a JSON string in quotes.
[[nodiscard]] std::string json_string(std::string_view text);

// Whether both are the same value, however they are spaced, escaped and their keys ordered; 1 and 1.0 are the same. A
// text that is no JSON equals only itself.
[[nodiscard]] bool json_equal(std::string_view a, std::string_view b);

}  // namespace penny::base
