#pragma once

// What a text is about, by the words in it. Pure.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/words.hpp"

namespace penny::rules {

// The topics whose words occur in the text, in alphabetical order, each once. Whole words only: "rain" is not about AI.
[[nodiscard]] std::vector<std::string> topics_of(std::string_view text);
[[nodiscard]] std::vector<std::string> topics_of(const Words& words);

// "Discussed: music, weather. Duration: 7 turns". `topics` as `topics_of` gives them.
[[nodiscard]] std::string session_summary(std::span<const std::string> topics, std::uint32_t turns);

}  // namespace penny::rules
