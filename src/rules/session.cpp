#include "rules/session.hpp"

#include <penny/limits.hpp>

#include "base/proof.hpp"

namespace penny::rules {

SessionPlace place_turn(const std::optional<LastTurn>& current, const std::string& new_session_id, std::uint64_t rev) {
  const bool is_planted = base::proof::is_planted("session_holds_a_turn_too_many");
  const std::uint32_t turns_max = limits::kSessionTurnsMax + (is_planted ? 1U : 0U);
  const bool joins =
      current && current->is_session_open && (current->is_session_named || current->session_number < turns_max);
  if (!joins) return {.id = new_session_id, .is_new = true, .first_rev = rev, .number = 1};
  return {.id = current->session,
          .is_new = false,
          .first_rev = current->session_first,
          .number = current->session_number + 1};
}

}  // namespace penny::rules
