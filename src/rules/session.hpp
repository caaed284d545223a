#pragma once

// Which session a turn joins when its caller names none. Pure.

#include <cstdint>
#include <optional>
#include <string>

namespace penny::rules {

// Where a turn stands.
struct SessionPlace {
  std::string id;
  bool is_new = false;
  std::uint64_t first_rev = 0;  // rev of the session's first turn
  std::uint32_t number = 0;     // of this turn in its session, from 1
};

// The session of the user's latest turn.
struct LastTurn {
  std::string session;
  std::uint64_t session_first = 0;   // rev of its first turn
  std::uint32_t session_number = 0;  // of the latest turn in it
  bool is_session_open = false;
  bool is_session_named = false;  // by a caller: it holds as many turns as it is given
};

// The turn joins the current session if that is open and has room: 20 turns, or any number if it was named by a caller.
// Else a session `new_session_id` begins with it. `rev` is the turn's own.
[[nodiscard]] SessionPlace place_turn(const std::optional<LastTurn>& current, const std::string& new_session_id,
                                      std::uint64_t rev);

}  // namespace penny::rules
