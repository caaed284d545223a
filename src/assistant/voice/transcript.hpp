#pragma once

// What a recogniser answers, as words to go on with.

#include <cstddef>
#include <string>
#include <string_view>

#include <penny/error.hpp>

namespace penny::assistant {

inline constexpr std::size_t kTranscriptBytesMax = std::size_t{64} << 10U;

// On one line, with single spaces, without any at its ends. Error: `kNotFound` with `field` "answer" if it is no UTF-8, has NUL, or more
// than `kTranscriptBytesMax`.
[[nodiscard]] Result<std::string> transcript_of(std::string_view answer);

}  // namespace penny::assistant
