// What turns and ends of session mean for the sessions' rows. A row is written when its session begins, when its user
// goes on in another one, and when it ends; between that the counts stand in the latest turn.

#include <utility>

#include <fmt/core.h>

#include "backend/sqlite/apply.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"
#include "rules/session.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kReadTurnPlace = "SELECT session, session_number FROM ledger WHERE user = ? AND rev = ?";

}  // namespace

Result<std::optional<SessionRow>> Applier::current_session(std::int64_t user, std::uint64_t last_turn) {
  if (last_turn == 0) return std::optional<SessionRow>();
  std::string id;
  std::uint32_t number = 0;
  {
    Cursor cursor = connection_.query(kReadTurnPlace);
    const auto found = cursor.bind(user).bind(last_turn).next();
    if (!found) return std::unexpected(found.error());
    if (!*found)
      return base::fail(ErrorCode::kDamaged, fmt::format("the turn with rev {} is missing", last_turn),
                        "run `penny verify`");
    id = std::string(cursor.text(0));
    number = static_cast<std::uint32_t>(cursor.integer(1));
  }
  auto row = load_session(connection_, user, id);
  if (!row) return row;
  if (!*row)
    return base::fail(ErrorCode::kDamaged, fmt::format("the session \"{}\" is missing", id), "run `penny verify`");
  (*row)->last_turn = last_turn;
  (*row)->turn_count = number;
  return row;
}

Result<OperationResult> Applier::append_turn(const Head& head, Context& context, const AppendTurn& turn) {
  const auto join = [&](const rules::SessionPlace& place) {
    context.row.turn = TurnColumns{.session = place.id,
                                   .session_first = place.first_rev,
                                   .session_number = place.number,
                                   .modality = turn.modality,
                                   .response_time_ms = turn.response_time_ms,
                                   .confidence = turn.confidence};
    return OperationResult(
        TurnResult{.session = place.id, .session_first_rev = place.first_rev, .number = place.number});
  };
  // The usual turn follows another one in a session with room, and needs no look at the sessions' rows.
  if (!turn.session && head.open_session && head.open_session->number < limits::kSessionTurnsMax) {
    const rules::LastTurn last{.session = head.open_session->id,
                               .session_first = head.open_session->first_rev,
                               .session_number = head.open_session->number,
                               .is_session_open = true,
                               .is_session_named = false};
    return join(rules::place_turn(last, last.session, context.row.rev));
  }
  auto current = current_session(context.user, head.last_turn);
  if (!current) return std::unexpected(current.error());
  LedgerRow& row = context.row;

  rules::SessionPlace place;
  std::optional<SessionRow> named;
  if (turn.session) {
    auto loaded = load_session(connection_, context.user, *turn.session);
    if (!loaded) return std::unexpected(loaded.error());
    named = *current && (*current)->id == *turn.session ? *current : *loaded;
    if (named && named->ended_at) {
      return base::fail(ErrorCode::kConflict,
                        fmt::format("the session \"{}\" ended at rev {}", named->id, named->ended_rev),
                        "name a new session, or none to join the user's open one", "session");
    }
    place = named ? rules::SessionPlace{.id = named->id,
                                        .is_new = false,
                                        .first_rev = named->first_rev,
                                        .number = named->turn_count + 1}
                  : rules::SessionPlace{.id = *turn.session, .is_new = true, .first_rev = row.rev, .number = 1};
  } else {
    std::optional<rules::LastTurn> last;
    if (*current) {
      last = rules::LastTurn{.session = (*current)->id,
                             .session_first = (*current)->first_rev,
                             .session_number = (*current)->turn_count,
                             .is_session_open = !(*current)->ended_at,
                             .is_session_named = (*current)->is_named};
    }
    place = rules::place_turn(last, row.id.to_string(), row.rev);
  }

  if (place.is_new) {
    // The generated name is the turn's own id; a caller could have used that very text as a session's name before.
    auto taken = load_session(connection_, context.user, place.id);
    if (!taken) return std::unexpected(taken.error());
    if (*taken)
      return base::fail(ErrorCode::kConflict, fmt::format("the session name \"{}\" is taken", place.id),
                        "retry with another operation id", "session");
  }

  if (*current && !(*current)->ended_at && (*current)->id != place.id) {
    SessionRow left = **current;
    // A session that the store began and that is full ends here; a named one, or one that another named session
    // interrupts, stays open with its counts written down.
    if (!turn.session) {
      left.ended_at = row.at;
      left.ended_rev = row.rev;
    }
    if (auto saved = save_session(connection_, context.user, left); !saved) return std::unexpected(saved.error());
  }
  if (place.is_new) {
    SessionRow begun{.id = place.id,
                     .first_rev = row.rev,
                     .last_turn = row.rev,
                     .turn_count = 1,
                     .started_at = row.at,
                     .ended_at = {},
                     .ended_rev = 0,
                     .is_named = turn.session.has_value()};
    if (auto saved = save_session(connection_, context.user, begun); !saved) return std::unexpected(saved.error());
  }
  return join(place);
}

Result<OperationResult> Applier::end_session(const Head& head, Context& context, const EndSession& operation) {
  auto current = current_session(context.user, head.last_turn);
  if (!current) return std::unexpected(current.error());
  std::optional<SessionRow> target;
  if (operation.session && !(*current && (*current)->id == *operation.session)) {
    auto loaded = load_session(connection_, context.user, *operation.session);
    if (!loaded) return std::unexpected(loaded.error());
    target = *loaded;
  } else if (*current && (operation.session || !(*current)->ended_at)) {
    target = *current;
  }
  if (!target) {
    return base::fail(ErrorCode::kNotFound,
                      operation.session ? fmt::format("the user has no session \"{}\"", *operation.session)
                                        : "the user has no open session",
                      "list the sessions to see their names", "session");
  }
  const bool was_open = !target->ended_at;
  if (was_open) {
    target->ended_at = context.row.at;
    target->ended_rev = context.row.rev;
    if (base::proof::is_planted("end_of_session_not_saved"))
      return OperationResult(SessionResult{.session = target->id, .turn_count = target->turn_count, .was_open = true});
    if (auto saved = save_session(connection_, context.user, *target); !saved) return std::unexpected(saved.error());
  }
  return OperationResult(SessionResult{.session = target->id, .turn_count = target->turn_count, .was_open = was_open});
}

}  // namespace penny::backend::sqlite
