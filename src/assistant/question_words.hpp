#pragma once

// What a sentence is about, as far as its words tell. English, like the rules of learning. Pure.

#include <string>
#include <string_view>

namespace penny::assistant {

// The words worth searching for, in order, separated by spaces: without those that any sentence has ("what", "is", "my"), and at
// most 12. Empty if there are none.
[[nodiscard]] std::string telling_words(std::string_view sentence);

// It ends with a question mark, or begins as questions do. Heard speech has no question marks.
[[nodiscard]] bool is_question(std::string_view sentence);

}  // namespace penny::assistant
