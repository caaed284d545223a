#pragma once

// What a language model is told before it answers. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "assistant/context.hpp"

namespace penny::assistant {

// The instructions: who it is, how this user wants it (active dimensions as sentences, confident preferences), what was found in
// memory beyond the recent turns, and what happened elsewhere since it last looked. Every text of the user's stands on one line of its own, so that none can
// fake another.
[[nodiscard]] std::string instructions(const Context& context);

// A dimension as a plain instruction, for example "Write informally."; empty if its value asks for nothing.
[[nodiscard]] std::string instruction_of(const Dimension& dimension);

// Pieces of such lines: the day (UTC), "by voice", a JSON value or a dimension's without quotes, on one line and not long.
[[nodiscard]] std::string day_of(Time time);
[[nodiscard]] std::string_view way(Modality modality);
[[nodiscard]] std::string plain_value(std::string_view json);
[[nodiscard]] std::string value_text(const DimensionValue& value);

// A memory or a change in a line, with its day and where it was said: "2026-11-29, by voice: the user said \"...\"".
[[nodiscard]] std::string line_of(const SearchHit& hit);
[[nodiscard]] std::string line_of(const Change& change);

// The conversation as messages, oldest first: the recent turns, then the user's words. `role` changes from each to the next, as
// some models demand; what a turn lacks is left out, and neighbours of one role are one message.
struct Message {
  bool is_of_user = true;
  std::string text;
};
[[nodiscard]] std::vector<Message> messages(const Context& context);

}  // namespace penny::assistant
