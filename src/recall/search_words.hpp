#pragma once

// The words of a search, taken apart. Pure.

#include <string_view>
#include <vector>

#include <penny/error.hpp>

#include "model/search.hpp"

namespace penny::recall {

// "tea \"green cup\" biscu*" is the word tea, the phrase green cup, and what begins with biscu. A quote that does not end holds
// to the end of the text. `kInvalid` for no words, too long a text, too many words, or what is no UTF-8.
[[nodiscard]] Result<std::vector<model::SearchTerm>> search_terms(std::string_view words);

}  // namespace penny::recall
