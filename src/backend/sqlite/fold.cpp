#include "backend/sqlite/fold.hpp"

#include <type_traits>
#include <utility>

#include <fmt/core.h>

#include "backend/sqlite/erasures.hpp"
#include "backend/sqlite/usage.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"
#include "model/encoding.hpp"
#include "rules/dimension.hpp"
#include "rules/preference.hpp"
#include "rules/session.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kSessions =
    "SELECT id, first_rev, last_turn, turn_count, started_at, ended_at, ended_rev, is_named FROM sessions WHERE user = "
    "?";
constexpr const char* kPreferences =
    "SELECT key, value, confidence, frequency, version, rev, at FROM preferences WHERE user = ?";
constexpr const char* kDimensions =
    "SELECT name, kind, value, confidence, version, rev, at FROM dimensions WHERE user = ?";
constexpr const char* kLearned = "SELECT name, spent, at FROM learned WHERE user = ?";
constexpr const char* kUnboundedSeq = "SELECT since_seq FROM learning_bound WHERE one = 1";
constexpr const char* kEvolution =
    "SELECT name, version, old_value, new_value, confidence_change, trigger, operation_id, rev, at FROM evolution "
    "WHERE user = ?";
constexpr const char* kFacts =
    "SELECT first_rev, fact, text, confidence, version, rev, at, origin, channel FROM facts WHERE user = ?";

constexpr const char* kUsage = "SELECT rev, bytes FROM usage WHERE user = ?";
constexpr const char* kForgettings = "SELECT session, rev FROM forgettings WHERE user = ?";

std::string shown(const std::string& key) { return key; }
std::string shown(std::uint64_t key) { return fmt::format("rev {}", key); }
std::string shown(const std::pair<std::string, std::uint64_t>& key) {
  return fmt::format("{} version {}", key.first, key.second);
}

// Every row of the table must be the fold's, and every one of the fold's must be in the table.
template <class Key, class Row, class Read>
Result<void> compare_table(Connection& connection, const char* sql, std::int64_t user,
                           const std::map<Key, Row>& expected, std::string_view table,
                           std::vector<std::string>& problems, Read read) {
  std::size_t matched = 0;
  Cursor cursor = connection.query(sql);
  cursor.bind(user);
  for (;;) {
    const auto found = cursor.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) break;
    const std::pair<Key, Row> row = read(cursor);
    const auto same = expected.find(row.first);
    if (same == expected.end()) {
      problems.push_back(
          fmt::format("user {}: {} has a row that no operation made: {}", user, table, shown(row.first)));
    } else if (!(same->second == row.second)) {
      problems.push_back(
          fmt::format("user {}: {} differs from the fold of the ledger: {}", user, table, shown(row.first)));
    } else {
      matched += 1;
    }
  }
  if (matched < expected.size()) {
    problems.push_back(
        fmt::format("user {}: {} of {} rows of {} are as the ledger says", user, matched, expected.size(), table));
  }
  return {};
}

Result<std::uint64_t> read_unbounded_seq(Connection& connection) {
  Cursor cursor = connection.query(kUnboundedSeq);
  const auto found = cursor.next();
  if (!found) return std::unexpected(found.error());
  if (*found) return cursor.unsigned_integer(0);
  return base::fail(ErrorCode::kDamaged, "since when learning is bounded is not noted",
                    "run `penny verify`; restore a backup if it confirms the damage");
}

}  // namespace

Result<UserFold> begin_fold(Connection& connection, std::int64_t user, std::string_view name,
                            std::string_view store_id) {
  const auto unbounded_seq = read_unbounded_seq(connection);
  if (!unbounded_seq) return std::unexpected(unbounded_seq.error());
  const auto life = new_life_of(connection, user);
  if (!life) return std::unexpected(life.error());
  if (*life) return UserFold(user, *unbounded_seq, (*life)->digest_before, (*life)->rev);
  return UserFold(user, *unbounded_seq, chain_start(store_id, name));
}

void UserFold::take(const StoredRow& stored, std::vector<std::string>& problems) {
  check_chain(stored, problems);
  const LedgerRow& row = stored.row;
  const std::string where = fmt::format("user {} rev {}", user_, row.rev);
  kept_bytes_ += kept_bytes(stored);
  if (is_usage_noted(row.kind, row.rev)) usage_ = {{row.rev, kept_bytes_}};

  auto payload = payload_of(stored);
  if (!payload) {
    problems.push_back(fmt::format("{}: {}", where, payload.error().message));
    return;
  }
  if (*payload) {
    const std::span salt(reinterpret_cast<const std::uint8_t*>(stored.salt->data()), stored.salt->size());
    if (model::payload_hash(salt, **payload) != row.payload_hash && !base::proof::is_planted("verify_ignores_payloads"))
      problems.push_back(where + ": the payload is not the one that was acknowledged");
  } else {
    forgotten_ += 1;
  }
  if (row.kind == model::Kind::kAppendTurn) {
    fold_turn(stored, problems);
    return;
  }
  const auto result = *payload ? fold_payload(row, **payload, problems) : fold_without_payload(row);
  if (!result) {
    problems.push_back(
        fmt::format("{}: this operation could not have been accepted: {}", where, result.error().message));
  } else if (row.outcome != model::encode_result(*result)) {
    problems.push_back(where + ": the outcome is not what the operation leads to");
  }
}

void UserFold::check_chain(const StoredRow& stored, std::vector<std::string>& problems) {
  const LedgerRow& row = stored.row;
  if (row.rev == tombstone_ && row.kind != model::Kind::kEraseUser)
    problems.push_back(fmt::format("user {} rev {}: it should be the erase of its user", user_, row.rev));
  if (row.rev != rev_ + 1) problems.push_back(fmt::format("user {}: rev {} follows rev {}", user_, row.rev, rev_));
  if (stored.seq <= seq_)
    problems.push_back(fmt::format("user {} rev {}: seq {} follows seq {}", user_, row.rev, stored.seq, seq_));
  seq_ = stored.seq;
  digest_ = digest_of(digest_, row);
  if (digest_ != stored.digest) {
    problems.push_back(
        fmt::format("user {} rev {}: the digest does not follow from the row and the one before", user_, row.rev));
    digest_ = stored.digest;  // one broken link is one problem
  }
  if (row.rev > batch_end_) {
    batch_first_ = row.rev;
    batch_end_ = row.rev + row.batch_size - 1;
  }
  if (row.batch_first != batch_first_ || row.batch_size != batch_end_ - batch_first_ + 1) {
    problems.push_back(fmt::format("user {} rev {}: it is not whole with its batch", user_, row.rev));
  }
  if (row.kind == model::Kind::kAppendTurn) last_turn_ = row.rev;
  if (row.last_turn != last_turn_)
    problems.push_back(
        fmt::format("user {} rev {}: last_turn is {}, not {}", user_, row.rev, row.last_turn, last_turn_));
  rev_ = row.rev;
}

void UserFold::fold_turn(const StoredRow& stored, std::vector<std::string>& problems) {
  const LedgerRow& row = stored.row;
  const TurnColumns& turn = *row.turn;
  forgetting_.take_turn(stored);
  const auto current = sessions_.find(current_session_);
  const bool has_current = current != sessions_.end();
  rules::SessionPlace place{
      .id = turn.session, .is_new = !sessions_.contains(turn.session), .first_rev = row.rev, .number = 1};
  if (!row.key) {
    std::optional<rules::LastTurn> last;
    if (has_current) {
      last = rules::LastTurn{.session = current->first,
                             .session_first = current->second.first_rev,
                             .session_number = current->second.turn_count,
                             .is_session_open = !current->second.ended_at,
                             .is_session_named = current->second.is_named};
    }
    place = rules::place_turn(last, row.id.to_string(), row.rev);
  } else if (!place.is_new) {
    place.first_rev = sessions_[place.id].first_rev;
    place.number = sessions_[place.id].turn_count + 1;
  }
  if (place.id != turn.session || place.first_rev != turn.session_first || place.number != turn.session_number) {
    problems.push_back(fmt::format("user {} rev {}: the turn's place is {} in session {}, not {} in {}", user_, row.rev,
                                   turn.session_number, turn.session, place.number, place.id));
  }
  if (has_current && place.id != current_session_ && !current->second.ended_at) {
    if (!row.key) {
      current->second.ended_at = row.at;
      current->second.ended_rev = row.rev;
    }
    written_sessions_[current_session_] = current->second;
  }
  if (place.is_new) {
    sessions_[place.id] = {.id = place.id,
                           .first_rev = row.rev,
                           .last_turn = row.rev,
                           .turn_count = 1,
                           .started_at = row.at,
                           .ended_at = {},
                           .ended_rev = 0,
                           .is_named = row.key.has_value()};
    written_sessions_[place.id] = sessions_[place.id];
  } else {
    sessions_[place.id].last_turn = row.rev;
    sessions_[place.id].turn_count = place.number;
  }
  current_session_ = place.id;
}

Result<OperationResult> UserFold::fold_session_end(const LedgerRow& row, const EndSession& operation) {
  const auto found = sessions_.find(operation.session.value_or(current_session_));
  if (found == sessions_.end() || (!operation.session && found->second.ended_at))
    return base::fail(ErrorCode::kNotFound, "there is no such session");
  SessionRow& session = found->second;
  const bool was_open = !session.ended_at;
  if (was_open) {
    session.ended_at = row.at;
    session.ended_rev = row.rev;
    written_sessions_[session.id] = session;
  }
  return SessionResult{.session = session.id, .turn_count = session.turn_count, .was_open = was_open};
}

Result<OperationResult> UserFold::fold_payload(const LedgerRow& row, const Payload& payload,
                                               std::vector<std::string>& problems) {
  return std::visit(
      [&](const auto& operation) -> Result<OperationResult> {
        using T = std::decay_t<decltype(operation)>;
        if constexpr (std::is_same_v<T, AppendTurn>) {
          return base::fail(ErrorCode::kDamaged, "a turn in a payload");
        } else if constexpr (std::is_same_v<T, EndSession>) {
          return fold_session_end(row, operation);
        } else if constexpr (std::is_same_v<T, ObservePreference> || std::is_same_v<T, SetPreference>) {
          std::optional<rules::PreferenceState> before;
          if (const auto found = preferences_.find(operation.key); found != preferences_.end())
            before = found->second.state;
          rules::PreferenceChange change;
          if constexpr (std::is_same_v<T, ObservePreference>) {
            change = rules::observe(before, operation);
          } else {
            change = rules::set(before, operation);
          }
          preferences_[operation.key] = {.state = change.state, .rev = row.rev, .at = row.at};
          forgetting_.take_observation(row, true);
          return PreferenceResult{.confidence = change.state.confidence,
                                  .frequency = change.state.frequency,
                                  .version = change.state.version,
                                  .is_value_taken = change.is_value_taken};
        } else if constexpr (std::is_same_v<T, RememberFact>) {
          facts_[row.rev] = {.first_rev = row.rev,
                             .id = row.id,
                             .text = operation.text,
                             .confidence = operation.confidence,
                             .version = 1,
                             .rev = row.rev,
                             .at = row.at,
                             .origin = row.origin,
                             .channel = row.channel};
          return FactResult{.fact = row.id, .version = 1};
        } else if constexpr (std::is_same_v<T, ForgetFact>) {
          for (auto& [first_rev, fact] : facts_) {
            if (fact.id != operation.fact) continue;
            fact.text.reset();
            fact.confidence = 0;
            fact.version += 1;
            fact.rev = row.rev;
            return FactResult{.fact = fact.id, .version = fact.version};
          }
          return base::fail(ErrorCode::kNotFound, "there is no such fact");
        } else if constexpr (std::is_same_v<T, ForgetTurn>) {
          return forgetting_.forget_turn(row, operation);
        } else if constexpr (std::is_same_v<T, ForgetTurns>) {
          return forgetting_.forget_turns(row, operation);
        } else if constexpr (std::is_same_v<T, ForgetPreference>) {
          const auto found = preferences_.find(operation.key);
          if (found == preferences_.end()) return base::fail(ErrorCode::kNotFound, "there is no such preference");
          found->second.rev = row.rev;
          found->second.at = row.at;
          return forgetting_.forget_preference(row, operation, found->second.state, problems);
        } else if constexpr (std::is_same_v<T, EraseUser>) {
          if (row.rev != tombstone_) return base::fail(ErrorCode::kDamaged, "an erase that is not where it was noted");
          // How many were erased nobody can tell any more; the digest covers what was said.
          return result_of(row);
        } else if constexpr (std::is_same_v<T, TakeToolPermit>) {
          return tools_.take_permit(row, operation);
        } else if constexpr (std::is_same_v<T, RecordToolOutcome>) {
          return tools_.record_outcome(row, operation);
        } else {
          forgetting_.take_lesson(row, operation.trigger);
          const DimensionValue* first_value = nullptr;
          if constexpr (!std::is_same_v<T, AdjustDimension>) first_value = &operation.value;
          const auto found = dimensions_.find(operation.name);
          const rules::DimensionState before =
              found != dimensions_.end() ? found->second.state : rules::initial_dimension(operation.name, first_value);
          Result<rules::DimensionChange> change = rules::DimensionChange{};
          if constexpr (std::is_same_v<T, AdjustDimension>) {
            change = rules::adjust(before, operation);
          } else if constexpr (std::is_same_v<T, ObserveDimension>) {
            change = rules::observe(before, operation, left_to_learn(row, operation.name));
          } else {
            change = rules::set(before, operation);
          }
          if (!change) return std::unexpected(change.error());
          if constexpr (std::is_same_v<T, ObserveDimension>)
            note_learned(row, operation.name, rules::learned_by(change->old_value, change->state.value));
          dimensions_[operation.name] = {.state = change->state, .rev = row.rev, .at = row.at};
          evolution_[{operation.name, change->state.version}] = {.name = operation.name,
                                                                 .version = change->state.version,
                                                                 .old_value = change->old_value,
                                                                 .new_value = change->state.value,
                                                                 .confidence_change = change->confidence_change,
                                                                 .trigger = operation.trigger,
                                                                 .id = row.id,
                                                                 .rev = row.rev,
                                                                 .at = row.at};
          return DimensionResult{
              .value = change->state.value, .confidence = change->state.confidence, .version = change->state.version};
        }
      },
      payload);
}

Result<void> UserFold::compare(Connection& connection, std::vector<std::string>& problems) const {
  if (batch_end_ > rev_)
    problems.push_back(fmt::format("user {}: the batch that begins at rev {} is cut off", user_, batch_first_));
  forgetting_.report(user_, problems);
  for (const auto& [first_rev, fact] : facts_) {
    if (!fact.text && fact.version == 1)
      problems.push_back(fmt::format("user {} rev {}: the fact lost its text, but nobody forgot it", user_, first_rev));
  }
  auto same =
      compare_table(connection, kSessions, user_, written_sessions_, "sessions", problems, [](const Cursor& cursor) {
        SessionRow row = read_session(cursor);
        return std::pair(row.id, row);
      });
  if (same) {
    same = compare_table(
        connection, kPreferences, user_, preferences_, "preferences", problems,
        [](const Cursor& cursor) { return std::pair(std::string(cursor.text(0)), read_preference(cursor, 1)); });
  }
  if (same) {
    same = compare_table(connection, kDimensions, user_, dimensions_, "dimensions", problems, [](const Cursor& cursor) {
      return std::pair(std::string(cursor.text(0)), read_dimension(cursor, 1));
    });
  }
  if (same) {
    same = compare_table(connection, kLearned, user_, learned_, "learned", problems, [](const Cursor& cursor) {
      return std::pair(std::string(cursor.text(0)), read_learned(cursor, 1));
    });
  }
  if (same) {
    same = compare_table(connection, kEvolution, user_, evolution_, "evolution", problems, [&](const Cursor& cursor) {
      EvolutionRow row = read_evolution(cursor);
      forgetting_.accept_change(row);
      return std::pair(std::pair(row.name, row.version), row);
    });
  }
  if (same && !base::proof::is_planted("verify_skips_facts")) {
    same = compare_table(connection, kFacts, user_, facts_, "facts", problems, [](const Cursor& cursor) {
      FactRow row = read_fact(cursor);
      return std::pair(row.first_rev, row);
    });
  }
  if (same) {
    same = compare_table(
        connection, kForgettings, user_, forgetting_.forgettings(), "forgettings", problems,
        [](const Cursor& cursor) { return std::pair(std::string(cursor.text(0)), cursor.unsigned_integer(1)); });
  }
  if (same) {
    same = compare_table(
        connection, kToolWindowsOfUser, user_, tools_.windows(), "tool_windows", problems,
        [](const Cursor& cursor) { return std::pair(std::string(cursor.text(0)), read_tool_window(cursor, 1)); });
  }
  if (same) {
    same = compare_table(connection, kToolCallsOfUser, user_, tools_.calls(), "tool_calls", problems,
                         [](const Cursor& cursor) {
                           ToolCallRow row = read_tool_call(cursor);
                           return std::pair(row.first_rev, row);
                         });
  }
  if (same) {
    same = compare_table(connection, kUsage, user_, usage_, "usage", problems, [](const Cursor& cursor) {
      return std::pair(cursor.unsigned_integer(0), cursor.unsigned_integer(1));
    });
  }
  return same;
}

}  // namespace penny::backend::sqlite
