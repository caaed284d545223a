#include "rules/session.hpp"

#include <penny/limits.hpp>

namespace penny::rules {

SessionPlace place_turn(const std::optional<LastTurn>& current, const std::string& new_session_id, std::uint64_t rev) {
  const bool joins = current && current->is_session_open &&
                     (current->is_session_named || current->session_number < limits::kSessionTurnsMax);
  if (!joins) return {.id = new_session_id, .is_new = true, .first_rev = rev, .number = 1};
  return {.id = current->session,
          .is_new = false,
          .first_rev = current->session_first,
          .number = current->session_number + 1};
}

}  // namespace penny::rules
