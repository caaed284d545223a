// Forgetting: what it takes out of rows that were written before. Everything is looked at first and taken away then, so that an
// operation that is refused has changed nothing.

#include <utility>

#include <fmt/core.h>

#include "backend/sqlite/apply.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"
#include "model/encoding.hpp"
#include "rules/learning.hpp"
#include "rules/preference.hpp"

namespace penny::backend::sqlite {
namespace {

#define PENNY_TURN_COLUMNS                                \
  "rev, operation_id, session, batch_first, batch_size, " \
  "octet_length(user_input) + octet_length(assistant_response) + octet_length(metadata)"

constexpr const char* kFindTurn =
    "SELECT " PENNY_TURN_COLUMNS " FROM ledger WHERE operation_id = ? AND user = ? AND kind = 1 AND salt IS NOT NULL";
constexpr const char* kFindTurns =
    "SELECT " PENNY_TURN_COLUMNS
    " FROM ledger WHERE user = ? AND rev >= ? AND rev <= ? AND kind = 1 AND salt IS NOT NULL ORDER BY rev";
constexpr const char* kFindTurnsOfSession =
    "SELECT " PENNY_TURN_COLUMNS
    " FROM ledger WHERE user = ? AND rev >= ? AND rev <= ? AND kind = 1 AND salt IS NOT NULL AND session = ? "
    "ORDER BY rev";
// The changes of dimensions in the turn's batch.
constexpr const char* kFindLessons =
    "SELECT rev, key, payload, outcome FROM ledger "
    "WHERE user = ? AND rev > ? AND rev <= ? AND kind IN (5, 6, 7) AND salt IS NOT NULL ORDER BY rev";
constexpr const char* kForgetTurn =
    "UPDATE ledger SET salt = NULL, user_input = NULL, assistant_response = NULL, metadata = NULL "
    "WHERE user = ? AND rev = ?";
constexpr const char* kForgetPayload = "UPDATE ledger SET salt = NULL, payload = NULL WHERE user = ? AND rev = ?";
constexpr const char* kForgetTrigger = "UPDATE evolution SET trigger = '' WHERE user = ? AND name = ? AND version = ?";
// Newest first.
constexpr const char* kFindObservations =
    "SELECT rev, octet_length(payload) FROM ledger "
    "WHERE user = ? AND rev > ? AND rev <= ? AND kind IN (3, 4) AND key = ? AND salt IS NOT NULL ORDER BY rev DESC";

struct Lesson {
  std::uint64_t rev = 0;
  std::string name;
  std::uint64_t version = 0;
};

}  // namespace

struct Applier::TurnToForget {
  std::uint64_t rev = 0;
  OperationId id;
  std::string session;
  std::uint64_t batch_end = 0;
};

Result<std::vector<Applier::TurnToForget>> Applier::turns_of(Cursor& cursor) {
  std::vector<TurnToForget> turns;
  for (;;) {
    const auto found = cursor.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return turns;
    turns.push_back({.rev = cursor.unsigned_integer(0),
                     .id = id_of(cursor.blob(1)).value_or(OperationId{}),
                     .session = std::string(cursor.text(2)),
                     .batch_end = cursor.unsigned_integer(3) + cursor.unsigned_integer(4) - 1});
    bytes_to_forget_ += cursor.unsigned_integer(5);
  }
}

Result<OperationResult> Applier::forget_turn(Context& context, const ForgetTurn& operation) {
  Result<std::vector<TurnToForget>> turns;
  {
    Cursor cursor = connection_.query(kFindTurn);
    cursor.bind_blob(bytes_of(operation.turn)).bind(context.user);
    turns = turns_of(cursor);
  }
  if (!turns) return std::unexpected(turns.error());
  if (turns->empty()) {
    return base::fail(ErrorCode::kNotFound,
                      fmt::format("the user has no turn {}, or it was forgotten before", operation.turn.to_string()),
                      "list the turns to see their ids", "turn");
  }
  return forget_all(context, *turns);
}

Result<OperationResult> Applier::forget_turns(Context& context, const ForgetTurns& operation) {
  Result<std::vector<TurnToForget>> turns;
  {
    const bool is_of_session =
        operation.session.has_value() && !base::proof::is_planted("other_sessions_forgotten_too");
    Cursor cursor = connection_.query(is_of_session ? kFindTurnsOfSession : kFindTurns);
    cursor.bind(context.user).bind(operation.first_rev).bind(operation.last_rev);
    if (is_of_session) cursor.bind(operation.session);
    turns = turns_of(cursor);
  }
  if (!turns) return std::unexpected(turns.error());
  if (bytes_to_forget_ > limits::kForgottenBytesMax && turns->size() > 1) {
    return base::fail(
        ErrorCode::kInvalid,
        fmt::format("these turns have {} bytes; the limit is {}", bytes_to_forget_, limits::kForgottenBytesMax),
        "forget fewer at once; Store::forget_session and Store::clean_up do so by themselves", "last_rev");
  }
  return forget_all(context, *turns);
}

Result<OperationResult> Applier::forget_all(Context& context, const std::vector<TurnToForget>& turns) {
  std::vector<Lesson> lessons;
  for (const TurnToForget& turn : turns) {
    if (turn.batch_end == turn.rev) continue;
    Cursor cursor = connection_.query(kFindLessons);
    cursor.bind(context.user).bind(turn.rev).bind(turn.batch_end);
    for (;;) {
      const auto found = cursor.next();
      if (!found) return std::unexpected(found.error());
      if (!*found) break;
      const auto text = [&](int column) {
        const auto bytes = cursor.blob(column);
        return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      };
      const auto payload = model::decode(text(2));
      if (!payload) return std::unexpected(payload.error());
      if (rules::taught_by(rules::trigger_in(*payload)) != turn.id) continue;
      const auto result = model::decode_result(text(3));
      if (!result) return std::unexpected(result.error());
      const auto* change = std::get_if<DimensionResult>(&*result);
      if (change == nullptr)
        return base::fail(ErrorCode::kDamaged, fmt::format("rev {} has the outcome of another kind", cursor.integer(0)),
                          "run `penny verify`");
      lessons.push_back(
          {.rev = cursor.unsigned_integer(0), .name = std::string(cursor.text(1)), .version = change->version});
    }
  }

  for (const TurnToForget& turn : turns) {
    base::proof::reach("forget.between_turns");
    if (!base::proof::is_planted("forgotten_turn_keeps_its_texts")) {
      Cursor cursor = connection_.query(kForgetTurn);
      if (auto done = cursor.bind(context.user).bind(turn.rev).run(); !done) return std::unexpected(done.error());
    }
    if (base::proof::is_planted("forgetting_is_no_change_of_the_turns")) continue;
    for (const std::string_view session : {std::string_view(turn.session), std::string_view()}) {
      auto saved = save_forgetting(connection_, context.user, session, context.row.rev);
      if (!saved) return std::unexpected(saved.error());
    }
  }
  for (const Lesson& lesson : lessons) {
    if (base::proof::is_planted("lessons_keep_the_words_of_a_forgotten_turn")) break;
    {
      Cursor cursor = connection_.query(kForgetPayload);
      if (auto done = cursor.bind(context.user).bind(lesson.rev).run(); !done) return std::unexpected(done.error());
    }
    Cursor cursor = connection_.query(kForgetTrigger);
    cursor.bind(context.user).bind(std::string_view(lesson.name)).bind(lesson.version);
    if (auto done = cursor.run(); !done) return std::unexpected(done.error());
  }
  return OperationResult(ForgottenResult{.turns = turns.size()});
}

Result<OperationResult> Applier::forget_fact(Context& context, const ForgetFact& operation) {
  auto loaded = load_fact(connection_, context.user, operation.fact);
  if (!loaded) return std::unexpected(loaded.error());
  if (!*loaded || !(*loaded)->text) {
    return base::fail(ErrorCode::kNotFound, fmt::format("the user has no fact {}", operation.fact.to_string()),
                      *loaded ? "it was forgotten before" : "list the facts to see their ids", "fact");
  }
  FactRow& fact = **loaded;
  fact.text.reset();
  fact.confidence = 0;  // lost with the payload, and so not part of the fold any more
  fact.version += 1;
  fact.rev = context.row.rev;
  if (auto saved = save_fact(connection_, context.user, fact); !saved) return std::unexpected(saved.error());
  if (base::proof::is_planted("forgotten_fact_keeps_its_text"))
    return OperationResult(FactResult{.fact = fact.id, .version = fact.version});
  Cursor cursor = connection_.query(kForgetPayload);
  if (auto done = cursor.bind(context.user).bind(fact.first_rev).run(); !done) return std::unexpected(done.error());
  return OperationResult(FactResult{.fact = fact.id, .version = fact.version});
}

Result<OperationResult> Applier::forget_preference(Context& context, const ForgetPreference& operation) {
  const LedgerRow& row = context.row;
  auto loaded = load_preference(connection_, context.user, operation.key);
  if (!loaded) return std::unexpected(loaded.error());
  const bool is_known = loaded->has_value();
  if (!is_known || rules::is_forgotten_whole((*loaded)->state)) {
    return base::fail(ErrorCode::kNotFound, fmt::format("the user has no preference \"{}\"", operation.key),
                      is_known ? "it was forgotten before" : "list the preferences to see their keys", "preference");
  }
  const rules::PreferenceState& before = (*loaded)->state;
  const std::uint64_t last = rules::revs_left(before).value_or(row.rev - 1);
  std::uint64_t left = last - std::min(last, limits::kForgottenRevsMax);
  std::vector<std::uint64_t> revs;
  {
    Cursor cursor = connection_.query(kFindObservations);
    cursor.bind(context.user).bind(left).bind(last).bind(std::string_view(operation.key));
    for (std::uint64_t bytes = 0;;) {
      const auto found = cursor.next();
      if (!found) return std::unexpected(found.error());
      if (!*found) break;
      bytes += cursor.unsigned_integer(1);
      if (bytes > limits::kForgottenBytesMax && !revs.empty()) {
        left = cursor.unsigned_integer(0);
        break;
      }
      revs.push_back(cursor.unsigned_integer(0));
    }
  }
  rules::PreferenceState state = rules::forget(before, left);
  const PreferenceResult result{.confidence = 0, .frequency = left, .version = state.version, .is_value_taken = false};
  auto saved = save_preference(connection_, context.user, operation.key,
                               {.state = std::move(state), .rev = row.rev, .at = row.at});
  if (!saved) return std::unexpected(saved.error());
  for (const std::uint64_t rev : revs) {
    if (base::proof::is_planted("forgotten_preference_keeps_its_values")) break;
    Cursor cursor = connection_.query(kForgetPayload);
    if (auto done = cursor.bind(context.user).bind(rev).run(); !done) return std::unexpected(done.error());
  }
  return OperationResult(result);
}

}  // namespace penny::backend::sqlite
