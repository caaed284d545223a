// The histories of preferences and facts, out of the ledger.

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "backend/sqlite/ledger.hpp"
#include "backend/sqlite/reads.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "backend/sqlite/state.hpp"
#include "base/error.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kOfPreference =
    "SELECT " PENNY_LEDGER_COLUMNS
    " FROM ledger WHERE user = ? AND rev > ? AND rev <= ? AND kind IN (3, 4, 12) AND key = ? ORDER BY rev LIMIT ?";
constexpr const char* kBefore =
    "SELECT " PENNY_LEDGER_COLUMNS
    " FROM ledger WHERE user = ? AND rev <= ? AND kind IN (3, 4, 12) AND key = ? ORDER BY rev DESC";
constexpr const char* kRow = "SELECT " PENNY_LEDGER_COLUMNS " FROM ledger WHERE user = ? AND rev = ?";

// No index knows the keys of the ledger. A page ends here, so that it comes before its deadline.
constexpr std::uint64_t kRevsLookedAt = 100'000;

Result<PreferenceEvent> event_of(const StoredRow& stored) {
  const auto payload = payload_of(stored);
  if (!payload) return std::unexpected(payload.error());
  const auto result = result_of(stored.row);
  if (!result) return std::unexpected(result.error());
  const auto* state = std::get_if<PreferenceResult>(&*result);
  if (state == nullptr)
    return base::fail(ErrorCode::kDamaged, fmt::format("rev {} has the outcome of another kind", stored.row.rev),
                      "run `penny verify`");
  PreferenceEvent event{.rev = stored.row.rev,
                        .at = time_of(stored.row.at),
                        .operation = stored.row.id,
                        .kind = model::kind_name(stored.row.kind),
                        .origin = stored.row.origin,
                        .channel = stored.row.channel,
                        .given = {},
                        .value = {},
                        .confidence = state->confidence,
                        .frequency = state->frequency,
                        .version = state->version,
                        .is_forgotten = !payload->has_value()};
  if (stored.row.kind == model::Kind::kForgetPreference) event.frequency = 0;
  if (*payload) {
    if (const auto* observation = std::get_if<ObservePreference>(&**payload)) event.given = observation->value;
    if (const auto* setting = std::get_if<SetPreference>(&**payload)) event.given = setting->value;
  }
  if (state->is_value_taken) event.value = event.given;
  return event;
}

bool keeps_value(const LedgerRow& row, const PreferenceEvent& event, const Result<OperationResult>& result) {
  const auto* state = result ? std::get_if<PreferenceResult>(&*result) : nullptr;
  return row.kind != model::Kind::kForgetPreference && !event.value && state != nullptr && !state->is_value_taken;
}

// The preference's value after the rev `after`; nothing if there is none, or it was forgotten.
Result<std::optional<std::string>> value_at(Connection& connection, std::int64_t user, std::string_view key,
                                            std::uint64_t after) {
  if (after == 0) return std::optional<std::string>();
  Cursor cursor = connection.query(kBefore);
  cursor.bind(user).bind(after).bind(key);
  for (;;) {
    const auto found = cursor.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::optional<std::string>();
    const auto row = read_row(cursor);
    if (!row) return std::unexpected(row.error());
    auto event = event_of(*row);
    if (!event) return std::unexpected(event.error());
    if (!keeps_value(row->row, *event, result_of(row->row))) return std::move(event->value);
  }
}

}  // namespace

Result<Page<PreferenceEvent>> preference_history(Connection& connection, std::string_view user, std::string_view key,
                                                 std::uint64_t after, std::size_t limit) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  Page<PreferenceEvent> page{.rev = found->rev, .items = {}, .next = {}};
  if (after >= found->rev) return page;
  auto value = value_at(connection, found->id, key, after);
  if (!value) return std::unexpected(value.error());
  const std::uint64_t last = std::min(found->rev, after + kRevsLookedAt);
  Cursor cursor = connection.query(kOfPreference);
  cursor.bind(found->id).bind(after).bind(last).bind(key).bind(std::uint64_t{limit + 1});
  for (;;) {
    const auto next = cursor.next();
    if (!next) return std::unexpected(next.error());
    if (!*next) break;
    if (page.items.size() == limit) {
      page.next = page.items.back().rev;
      return page;
    }
    const auto row = read_row(cursor);
    if (!row) return std::unexpected(row.error());
    auto event = event_of(*row);
    if (!event) return std::unexpected(event.error());
    if (keeps_value(row->row, *event, result_of(row->row))) event->value = *value;
    *value = event->value;
    page.items.push_back(std::move(*event));
  }
  if (last < found->rev) page.next = last;
  return page;
}

Result<Page<FactEvent>> fact_history(Connection& connection, std::string_view user, const OperationId& fact) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  const auto state = load_fact(connection, found->id, fact);
  if (!state) return std::unexpected(state.error());
  if (!*state) {
    return base::fail(ErrorCode::kNotFound, fmt::format("the user never had a fact {}", fact.to_string()),
                      "list the facts to see their ids", "fact");
  }
  Page<FactEvent> page{.rev = found->rev, .items = {}, .next = {}};
  const auto add = [&](std::uint64_t rev, std::uint64_t version) -> Result<void> {
    Cursor cursor = connection.query(kRow);
    const auto next = cursor.bind(found->id).bind(rev).next();
    if (!next) return std::unexpected(next.error());
    if (!*next)
      return base::fail(ErrorCode::kDamaged, fmt::format("the row with rev {} is missing", rev), "run `penny verify`");
    const auto row = read_row(cursor);
    if (!row) return std::unexpected(row.error());
    const bool is_first = version == 1;
    page.items.push_back({.rev = rev,
                          .at = time_of(row->row.at),
                          .operation = row->row.id,
                          .kind = model::kind_name(row->row.kind),
                          .origin = row->row.origin,
                          .channel = row->row.channel,
                          .text = is_first ? (*state)->text : std::nullopt,
                          .confidence = is_first ? (*state)->confidence : 0,
                          .version = version,
                          .is_forgotten = !(*state)->text.has_value()});
    return {};
  };
  // A fact is remembered once and forgotten once.
  if (auto added = add((*state)->first_rev, 1); !added) return std::unexpected(added.error());
  if ((*state)->version > 1) {
    if (auto added = add((*state)->rev, (*state)->version); !added) return std::unexpected(added.error());
  }
  return page;
}

}  // namespace penny::backend::sqlite
