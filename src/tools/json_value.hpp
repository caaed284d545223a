#pragma once

// JSON that a model hands to a tool (RFC 8259, strict), as a value. Stricter than what the store keeps: an object that names a
// field twice is refused, since two readers of it would see two different inputs.

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <penny/error.hpp>

namespace penny::tools {

inline constexpr std::size_t kJsonDepthMax = 32;

// Refuses (`kInvalid`, with `field`): more than `bytes_max` bytes, which is looked at before anything else, invalid UTF-8, more than
// `kJsonDepthMax` levels, a NUL also as \u0000, half a surrogate pair, a number that no double holds, a field twice. Doubles are
// read exactly. Time grows with the size alone.
[[nodiscard]] Result<boost::json::value> parse_value(std::string_view text, std::size_t bytes_max,
                                                     std::string_view field);

// An input that was checked, as an object; one without fields if it is none.
[[nodiscard]] boost::json::object checked_object(std::string_view input);

// Keys sorted by their bytes, no spaces, -0 as 0.
[[nodiscard]] std::string canonical_text(const boost::json::value& value);

// `text` for a message of one line: in quotes, nothing unprintable, at most 40 characters of it.
[[nodiscard]] std::string quoted_briefly(std::string_view text);

}  // namespace penny::tools
