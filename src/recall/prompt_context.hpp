#pragma once

// What a model is told of a user before it answers: one text for every modality. Pure.

#include <span>
#include <string>

#include <penny/model.hpp>

namespace penny::recall {

// The last 3 turns that are neither forgotten nor of tools or the web, and the preferences with a confidence above 0.5, in the given order (turns
// oldest first):
//
//     Recent conversation:
//     User: ...
//     Assistant: ...
//     User preferences: key: value, key: value
//
// A side of a turn that is empty is left out, and a part that has nothing, with its heading. Texts of JSON values stand
// without quotes. No text can fake a line: every line break and control character in it, the Unicode line and paragraph
// separators included, becomes a space (a run of them one). Empty when there is nothing to tell.
[[nodiscard]] std::string prompt_context(std::span<const Turn> last_turns, std::span<const Preference> preferences);

}  // namespace penny::recall
