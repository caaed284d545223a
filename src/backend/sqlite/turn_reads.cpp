// Turns and sessions. Going backwards over a user's turns is a chain of look-ups: every row carries the rev of the
// user's latest turn up to and including it, whatever lies between.

#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "backend/sqlite/ledger.hpp"
#include "backend/sqlite/reads.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "backend/sqlite/state.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"
#include "model/origin.hpp"
#include "rules/topics.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kRow = "SELECT " PENNY_LEDGER_COLUMNS " FROM ledger WHERE user = ? AND rev = ?";
constexpr const char* kSessionTurns =
    "SELECT " PENNY_LEDGER_COLUMNS
    " FROM ledger WHERE user = ? AND rev > ? AND rev <= ? AND session = ? ORDER BY rev LIMIT ?";
constexpr const char* kPlantedSessionTurns =
    "SELECT " PENNY_LEDGER_COLUMNS
    " FROM ledger WHERE ? > 0 AND rev > ? AND rev <= ? AND session = ? ORDER BY rev LIMIT ?";
constexpr const char* kTurnsBetween =
    "SELECT " PENNY_LEDGER_COLUMNS
    " FROM ledger WHERE user = ? AND rev > ? AND kind = 1 AND at >= ? AND at < ? ORDER BY rev LIMIT ?";
constexpr const char* kPlantedTurnsBetween =
    "SELECT " PENNY_LEDGER_COLUMNS
    " FROM ledger WHERE user = ? AND rev > ? AND kind = 1 AND at >= ? AND at <= ? ORDER BY rev LIMIT ?";
constexpr const char* kSessions =
    "SELECT id, first_rev, last_turn, turn_count, started_at, ended_at, ended_rev, is_named FROM sessions "
    "WHERE user = ? AND first_rev > ? ORDER BY first_rev LIMIT ?";
constexpr const char* kSessionInputs =
    "SELECT user_input FROM ledger WHERE user = ? AND rev >= ? AND rev <= ? AND session = ? AND user_input IS NOT NULL "
    "ORDER BY rev";

constexpr int kKindColumn = 4;
constexpr int kLastTurnColumn = 11;

// The user's turns from `last_turn` backwards, newest first, as long as `take` says so.
template <class Take>
Result<void> walk_back(Connection& connection, std::int64_t user, std::uint64_t last_turn, Take take) {
  std::uint64_t rev = last_turn;
  while (rev > 0) {
    Cursor cursor = connection.query(kRow);
    const auto found = cursor.bind(user).bind(rev).next();
    if (!found) return std::unexpected(found.error());
    if (!*found)
      return base::fail(ErrorCode::kDamaged, fmt::format("the row with rev {} is missing", rev), "run `penny verify`");
    if (cursor.integer(kKindColumn) != static_cast<std::int64_t>(model::Kind::kAppendTurn)) {
      rev = cursor.unsigned_integer(kLastTurnColumn);
      continue;
    }
    auto row = read_row(cursor);
    if (!row) return std::unexpected(row.error());
    if (!take(turn_of(*row))) return {};
    rev -= 1;
  }
  return {};
}

// Takes up to `limit` turns of a cursor that was asked for one more, which tells whether there is a next page.
Result<void> take_page(Cursor& cursor, std::size_t limit, Page<Turn>& page) {
  for (;;) {
    const auto found = cursor.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return {};
    if (page.items.size() == limit) {
      page.next = page.items.back().rev;
      return {};
    }
    auto row = read_row(cursor);
    if (!row) return std::unexpected(row.error());
    page.items.push_back(turn_of(*row));
  }
}

// The session of the latest turn is written down only when it is left: its counts are in that turn.
Result<void> bring_up_to_date(Connection& connection, const Snapshot::User& user, std::vector<SessionRow>& rows) {
  if (user.last_turn == 0 || rows.empty()) return {};
  return walk_back(connection, user.id, user.last_turn, [&](const Turn& turn) {
    for (SessionRow& row : rows) {
      if (row.id != turn.session) continue;
      row.last_turn = turn.rev;
      row.turn_count = turn.number;
    }
    return false;
  });
}

Result<std::vector<std::string>> topics_of_session(Connection& connection, std::int64_t user, const SessionRow& row) {
  std::set<std::string> topics;
  Cursor cursor = connection.query(kSessionInputs);
  cursor.bind(user).bind(row.first_rev).bind(row.last_turn).bind(std::string_view(row.id));
  for (;;) {
    const auto found = cursor.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::vector<std::string>(topics.begin(), topics.end());
    for (auto& topic : rules::topics_of(cursor.text(0))) topics.emplace(topic);
  }
}

}  // namespace

Result<Page<Turn>> last_turns(Connection& connection, std::string_view user, std::size_t limit) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  Page<Turn> page{.rev = found->rev, .items = {}, .next = {}};
  auto walked = walk_back(connection, found->id, found->last_turn, [&](Turn turn) {
    page.items.push_back(std::move(turn));
    return page.items.size() < limit;
  });
  if (!walked) return std::unexpected(walked.error());
  std::ranges::reverse(page.items);
  if (base::proof::is_planted("turns_ordered_by_the_clock")) std::ranges::sort(page.items, {}, &Turn::at);
  return page;
}

Result<Page<Turn>> session_turns(Connection& connection, std::string_view user, std::string_view session,
                                 std::uint64_t after, std::size_t limit) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  auto row = load_session(connection, found->id, session);
  if (!row) return std::unexpected(row.error());
  if (!*row) {
    return base::fail(ErrorCode::kNotFound, fmt::format("the user has no session \"{}\"", session),
                      "list the sessions to see their names", "session");
  }
  std::vector<SessionRow> rows{std::move(**row)};
  if (auto current = bring_up_to_date(connection, *found, rows); !current) return std::unexpected(current.error());
  Page<Turn> page{.rev = found->rev, .items = {}, .next = {}};
  const bool is_planted = base::proof::is_planted("session_of_the_same_name_shared");
  Cursor cursor = connection.query(is_planted ? kPlantedSessionTurns : kSessionTurns);
  cursor.bind(found->id)
      .bind(std::max(after, rows[0].first_rev - 1))
      .bind(rows[0].last_turn)
      .bind(session)
      .bind(std::uint64_t{limit + 1});
  if (auto taken = take_page(cursor, limit, page); !taken) return std::unexpected(taken.error());
  return page;
}

Result<Page<Turn>> turns_between(Connection& connection, std::string_view user, Time from, Time until,
                                 std::uint64_t after, std::size_t limit) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  Page<Turn> page{.rev = found->rev, .items = {}, .next = {}};
  const bool is_planted = base::proof::is_planted("time_range_includes_its_end");
  Cursor cursor = connection.query(is_planted ? kPlantedTurnsBetween : kTurnsBetween);
  cursor.bind(found->id)
      .bind(after)
      .bind(from.time_since_epoch().count())
      .bind(until.time_since_epoch().count())
      .bind(std::uint64_t{limit + 1});
  if (auto taken = take_page(cursor, limit, page); !taken) return std::unexpected(taken.error());
  return page;
}

Result<Page<Session>> sessions(Connection& connection, std::string_view user, std::uint64_t after, std::size_t limit) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  Page<Session> page{.rev = found->rev, .items = {}, .next = {}};
  std::vector<SessionRow> rows;
  {
    Cursor cursor = connection.query(kSessions);
    cursor.bind(found->id).bind(after).bind(std::uint64_t{limit + 1});
    for (;;) {
      const auto next = cursor.next();
      if (!next) return std::unexpected(next.error());
      if (!*next) break;
      rows.push_back(read_session(cursor));
    }
  }
  if (rows.size() > limit) {
    rows.pop_back();
    page.next = rows.back().first_rev;
  }
  if (auto current = bring_up_to_date(connection, *found, rows); !current) return std::unexpected(current.error());
  for (SessionRow& row : rows) {
    auto topics = topics_of_session(connection, found->id, row);
    if (!topics) return std::unexpected(topics.error());
    Session session{.id = row.id,
                    .first_rev = row.first_rev,
                    .last_turn_rev = row.last_turn,
                    .turn_count = row.turn_count,
                    .started_at = time_of(row.started_at),
                    .ended_at = {},
                    .topics = std::move(*topics),
                    .summary = {}};
    if (row.ended_at) session.ended_at = time_of(*row.ended_at);
    session.summary = rules::session_summary(session.topics, session.turn_count);
    page.items.push_back(std::move(session));
  }
  return page;
}

Result<ContextParts> context_parts(Connection& connection, std::string_view user) {
  constexpr std::size_t kContextTurns = 3;
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  ContextParts parts{.rev = found->rev, .turns = {}, .preferences = {}};
  auto walked = walk_back(connection, found->id, found->last_turn, [&](Turn turn) {
    if (!turn.is_forgotten && !model::is_of_others(turn.origin)) parts.turns.push_back(std::move(turn));
    return parts.turns.size() < kContextTurns;
  });
  if (!walked) return std::unexpected(walked.error());
  std::ranges::reverse(parts.turns);
  auto all = preferences_of(connection, found->id, {}, limits::kPageItemsMax);
  if (!all) return std::unexpected(all.error());
  parts.preferences = std::move(*all);
  return parts;
}

}  // namespace penny::backend::sqlite
