#pragma once

// How far observations may move a dimension within a time: `limits::kLearnedAtOnceMax` at once, given back by
// `limits::kLearnedPerHour`, evenly. A token bucket, of each dimension of each user. Whoever slips many observations in (a page
// that a model reads, a voice in the room) moves a personality no faster than that. Pure: `verify` recomputes it to the bit.
//
// Time is that of the operations. A clock that goes back gives nothing back, and time counts from there on: one wrong date far ahead
// does not end the learning. So whatever the clock does, within 60 minutes of its going forward a dimension moves by at most the
// sum of both limits.

#include <cstdint>
#include <optional>

#include <penny/model.hpp>

namespace penny::rules {

// What a store remembers of one dimension's latest observations.
struct Learned {
  double spent = 0;        // of what may be learned at once, and not given back until `at_us`
  std::int64_t at_us = 0;  // of the latest observation, microseconds since 1970
  bool operator==(const Learned&) const = default;
};

// How far an observation at that time may move the dimension: 0..limits::kLearnedAtOnceMax. Nothing remembered: all of it.
[[nodiscard]] double left_to_learn(const std::optional<Learned>& before, std::int64_t at_us);

// What an observation that made this of a value has spent: the way of a number, and `limits::kLearnedByOption` for another option. It
// needs no payload, so that it is known of an observation whose words were forgotten.
[[nodiscard]] double learned_by(const DimensionValue& old_value, const DimensionValue& new_value);

// What is remembered after an observation that spent so much; nothing for as long as none has spent anything.
[[nodiscard]] std::optional<Learned> after_observation(const std::optional<Learned>& before, std::int64_t at_us,
                                                       double spent);

}  // namespace penny::rules
