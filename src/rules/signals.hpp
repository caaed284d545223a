#pragma once

// What the user's words say about how they want to be spoken to. Pure.

#include <string_view>
#include <vector>

#include <penny/model.hpp>

namespace penny::rules {

// One reading of one dimension, with how sure it is.
struct Signal {
  std::string_view dimension;
  DimensionValue value;
  double confidence = 0;
};

// The signals that fired, in order of their dimensions' names, at most one for each. A continuous dimension fires on
// its phrases, and the side that has more of them decides; each phrase counts once. Response length always fires when
// there are words: without a phrase by the length of the message.
[[nodiscard]] std::vector<Signal> signals_of(std::string_view user_input);

}  // namespace penny::rules
