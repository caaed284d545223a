#pragma once

// What a turn teaches: the operations that follow from the user's words. Pure.

#include <optional>
#include <string_view>
#include <vector>

#include <penny/id.hpp>
#include <penny/operation.hpp>

namespace penny::rules {

// Observations of preferences (response_style, response_length, active_time, topic_interest_<topic>), then of
// dimensions, always in the same order and at most 63, so that turn and learning fit into one batch. Learns from
// `turn.user_input` alone; without a word in it there is nothing. `hour_of_day` is 0..23 where the user lives. A
// dimension is observed when its signal's confidence is above 0.5; `turn_id` goes into its trigger, "Turn <id>: <first
// 50 characters>...".
[[nodiscard]] std::vector<Payload> learn(const AppendTurn& turn, int hour_of_day, const OperationId& turn_id);

// The turn that a lesson's trigger names, with the begin of its words: those must go when the turn is forgotten. Nothing if it is
// no trigger that `learn` makes.
[[nodiscard]] std::optional<OperationId> taught_by(std::string_view trigger);

// Of a change of a dimension; empty for every other operation.
[[nodiscard]] std::string_view trigger_in(const Payload& payload);

}  // namespace penny::rules
