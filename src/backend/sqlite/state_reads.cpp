// Preferences, personality, facts and statistics.

#include <algorithm>

#include "backend/sqlite/ledger.hpp"
#include "backend/sqlite/reads.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "backend/sqlite/state.hpp"
#include "base/proof.hpp"
#include "rules/dimension.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kPreferences =
    "SELECT key, value, confidence, frequency, version, rev, at FROM preferences WHERE user = ? AND key > ? AND "
    "frequency "
    "> 0 ORDER BY key LIMIT ?";
constexpr const char* kDimensions =
    "SELECT name, kind, value, confidence, version, rev, at FROM dimensions WHERE user = ? ORDER BY name";
constexpr const char* kEvolution =
    "SELECT name, version, old_value, new_value, confidence_change, trigger, operation_id, rev, at FROM evolution "
    "WHERE user = ? AND rev > ? ORDER BY rev LIMIT ?";
constexpr const char* kEvolutionOfOne =
    "SELECT name, version, old_value, new_value, confidence_change, trigger, operation_id, rev, at FROM evolution "
    "WHERE user = ? AND name = ? AND rev > ? ORDER BY version LIMIT ?";
constexpr const char* kFacts =
    "SELECT first_rev, fact, text, confidence, version, rev, at, origin, channel FROM facts "
    "WHERE user = ? AND first_rev > ? AND text IS NOT NULL ORDER BY first_rev LIMIT ?";
constexpr const char* kPlantedFacts =
    "SELECT first_rev, fact, text, confidence, version, rev, at, origin, channel FROM facts "
    "WHERE ? > 0 AND first_rev > ? AND text IS NOT NULL ORDER BY first_rev LIMIT ?";
constexpr const char* kUserCounts =
    "SELECT (SELECT count(*) FROM ledger WHERE user = ?1 AND kind = 1), "
    "(SELECT count(*) FROM ledger WHERE user = ?1 AND kind = 1 AND at >= ?2), "
    "(SELECT count(*) FROM sessions WHERE user = ?1), (SELECT count(*) FROM preferences WHERE user = ?1 AND "
    "frequency > 0), "
    "(SELECT count(*) FROM dimensions WHERE user = ?1), (SELECT count(*) FROM facts WHERE user = ?1 AND text IS NOT "
    "NULL), coalesce((SELECT rev - 1 FROM erasures WHERE user = ?1), 0)";
constexpr const char* kOpenSession =
    "SELECT s.id FROM ledger AS l JOIN sessions AS s ON s.user = l.user AND s.id = l.session "
    "WHERE l.user = ? AND l.rev = ? AND s.ended_at IS NULL";
// A user's current session has its count in the latest turn; all others have it in their row.
constexpr const char* kStoreCounts =
    "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM ledger) - (SELECT count(*) FROM erased_lives AS e "
    "JOIN ledger AS l ON l.user = e.user WHERE e.is_removed = 0), "
    "(SELECT coalesce(sum(turn_count), 0) FROM sessions WHERE user NOT IN "
    "(SELECT user FROM erased_lives WHERE is_removed = 0)) + (SELECT coalesce(sum(l.session_number - s.turn_count), 0) "
    "FROM users AS u "
    "JOIN ledger AS head ON head.user = u.id AND head.rev = (SELECT max(rev) FROM ledger WHERE user = u.id) "
    "JOIN ledger AS l ON l.user = u.id AND l.rev = head.last_turn JOIN sessions AS s ON s.user = u.id AND s.id = "
    "l.session)";

// Collects the rows of a cursor.
template <class Item, class ReadItem>
Result<std::vector<Item>> collect(Cursor& cursor, ReadItem read_item) {
  std::vector<Item> items;
  for (;;) {
    const auto found = cursor.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return items;
    items.push_back(read_item(cursor));
  }
}

// Cuts what was asked for beyond the limit, which tells that there is a next page.
template <class Item, class Key, class KeyOf>
void cut(Page<Item, Key>& page, std::size_t limit, KeyOf key_of) {
  if (page.items.size() <= limit) return;
  page.items.resize(limit);
  page.next = key_of(page.items.back());
}

Dimension dimension_of(std::string name, const DimensionRow& row) {
  return {.name = std::move(name),
          .kind = row.state.kind,
          .value = row.state.value,
          .confidence = row.state.confidence,
          .version = row.state.version,
          .rev = row.rev,
          .updated_at = time_of(row.at)};
}

}  // namespace

Result<std::vector<Preference>> preferences_of(Connection& connection, std::int64_t user, std::string_view after,
                                               std::size_t limit) {
  Cursor cursor = connection.query(kPreferences);
  cursor.bind(user).bind(after).bind(std::uint64_t{limit});
  return collect<Preference>(cursor, [](const Cursor& row) {
    PreferenceRow read = read_preference(row, 1);
    return Preference{.key = std::string(row.text(0)),
                      .value = std::move(read.state.value),
                      .confidence = read.state.confidence,
                      .frequency = read.state.frequency,
                      .version = read.state.version,
                      .rev = read.rev,
                      .updated_at = time_of(read.at)};
  });
}

Result<Page<Preference, std::string>> preferences(Connection& connection, std::string_view user, std::string_view after,
                                                  std::size_t limit) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  auto items = preferences_of(connection, found->id, after, limit + 1);
  if (!items) return std::unexpected(items.error());
  Page<Preference, std::string> page{.rev = found->rev, .items = std::move(*items), .next = {}};
  cut(page, limit, [](const Preference& last) { return last.key; });
  return page;
}

Result<Read<std::vector<Dimension>>> personality(Connection& connection, std::string_view user) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  Cursor cursor = connection.query(kDimensions);
  cursor.bind(found->id);
  auto touched = collect<Dimension>(
      cursor, [](const Cursor& row) { return dimension_of(std::string(row.text(0)), read_dimension(row, 1)); });
  if (!touched) return std::unexpected(touched.error());
  for (const rules::DimensionRule& rule : rules::default_dimensions()) {
    if (std::ranges::any_of(*touched, [&](const Dimension& dimension) { return dimension.name == rule.name; }))
      continue;
    const rules::DimensionState initial = rules::initial_dimension(rule.name, nullptr);
    touched->push_back({.name = std::string(rule.name),
                        .kind = initial.kind,
                        .value = initial.value,
                        .confidence = initial.confidence,
                        .version = 0,
                        .rev = 0,
                        .updated_at = {}});
  }
  std::ranges::sort(*touched, {}, &Dimension::name);
  return Read<std::vector<Dimension>>{.rev = found->rev, .value = std::move(*touched)};
}

Result<Page<Evolution>> evolution(Connection& connection, std::string_view user, std::string_view dimension,
                                  std::uint64_t after, std::size_t limit) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  Cursor cursor = connection.query(dimension.empty() ? kEvolution : kEvolutionOfOne);
  cursor.bind(found->id);
  if (!dimension.empty()) cursor.bind(dimension);
  cursor.bind(after).bind(std::uint64_t{limit + 1});
  auto items = collect<Evolution>(cursor, [](const Cursor& row) {
    EvolutionRow read = read_evolution(row);
    return Evolution{.dimension = std::move(read.name),
                     .version = read.version,
                     .old_value = std::move(read.old_value),
                     .new_value = std::move(read.new_value),
                     .confidence_change = read.confidence_change,
                     .trigger = std::move(read.trigger),
                     .operation = read.id,
                     .rev = read.rev,
                     .at = time_of(read.at)};
  });
  if (!items) return std::unexpected(items.error());
  Page<Evolution> page{.rev = found->rev, .items = std::move(*items), .next = {}};
  cut(page, limit, [](const Evolution& last) { return last.rev; });
  return page;
}

Result<Page<Fact>> facts(Connection& connection, std::string_view user, std::uint64_t after, std::size_t limit) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  Cursor cursor = connection.query(base::proof::is_planted("facts_of_every_user") ? kPlantedFacts : kFacts);
  cursor.bind(found->id).bind(after).bind(std::uint64_t{limit + 1});
  std::vector<std::uint64_t> first_revs;
  auto items = collect<Fact>(cursor, [&](const Cursor& row) {
    FactRow read = read_fact(row);
    first_revs.push_back(read.first_rev);
    return Fact{.id = read.id,
                .text = read.text.value_or(""),
                .confidence = read.confidence,
                .version = read.version,
                .rev = read.rev,
                .at = time_of(read.at),
                .origin = read.origin,
                .channel = std::move(read.channel)};
  });
  if (!items) return std::unexpected(items.error());
  Page<Fact> page{.rev = found->rev, .items = std::move(*items), .next = {}};
  cut(page, limit, [&](const Fact&) { return first_revs[limit - 1]; });
  return page;
}

Result<Read<UserStatistics>> user_statistics(Connection& connection, std::string_view user, Time now) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  Read<UserStatistics> read{.rev = found->rev, .value = {}};
  {
    Cursor cursor = connection.query(kUserCounts);
    const auto row = cursor.bind(found->id).bind((now - std::chrono::days(7)).time_since_epoch().count()).next();
    if (!row) return std::unexpected(row.error());
    read.value = {.operations = found->rev - cursor.unsigned_integer(6),
                  .turns = cursor.unsigned_integer(0),
                  .turns_last_7_days = cursor.unsigned_integer(1),
                  .sessions = cursor.unsigned_integer(2),
                  .preferences = cursor.unsigned_integer(3),
                  .dimensions = cursor.unsigned_integer(4),
                  .facts = cursor.unsigned_integer(5),
                  .open_session = {}};
  }
  Cursor cursor = connection.query(kOpenSession);
  const auto row = cursor.bind(found->id).bind(found->last_turn).next();
  if (!row) return std::unexpected(row.error());
  if (*row) read.value.open_session = std::string(cursor.text(0));
  return read;
}

Result<StoreStatistics> statistics(Connection& connection) {
  Cursor cursor = connection.query(kStoreCounts);
  const auto row = cursor.next();
  if (!row) return std::unexpected(row.error());
  return StoreStatistics{.users = cursor.unsigned_integer(0),
                         .operations = cursor.unsigned_integer(1),
                         .turns = cursor.unsigned_integer(2),
                         .file_bytes = 0,
                         .wal_bytes = 0};
}

}  // namespace penny::backend::sqlite
