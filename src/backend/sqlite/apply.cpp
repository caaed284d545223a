#include "backend/sqlite/apply.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/core.h>

#include "backend/sqlite/conditions.hpp"
#include "backend/sqlite/usage.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"
#include "model/encoding.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr std::size_t kCachedUsersMax = 100'000;
constexpr std::size_t kCachedHeadsMax = 20'000;  // some 4 MB

constexpr const char* kFindUser = "SELECT id FROM users WHERE name = ?";
constexpr const char* kMakeUser = "INSERT INTO users(name) VALUES(?) RETURNING id";
constexpr const char* kFindOperation =
    "SELECT " PENNY_LEDGER_COLUMNS " FROM ledger WHERE operation_id = ? AND user = ?";
constexpr const char* kPlantedFindOperation =
    "SELECT " PENNY_LEDGER_COLUMNS " FROM ledger WHERE operation_id = ? AND user > 0 AND ? > 0";
constexpr const char* kReadHead =
    "SELECT rev, digest, last_turn, session, session_first, session_number FROM ledger "
    "WHERE user = ? ORDER BY rev DESC LIMIT 1";
constexpr const char* kInsertRow =
    "INSERT INTO ledger(user, rev, operation_id, kind, key, at, origin, channel, batch_first, batch_size, last_turn, "
    "salt, payload, payload_hash, digest, outcome, session, session_first, session_number, modality, user_input, "
    "assistant_response, response_time_ms, confidence, metadata) "
    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

std::unexpected<Error> id_reused(const OperationId& id) {
  return base::fail(ErrorCode::kInvalid, fmt::format("operation id {} names another payload already", id.to_string()),
                    "use a new id for a new operation; repeat an id only to retry the very same operation",
                    "id_reused");
}

std::unexpected<Error> batch_differs(const OperationId& id) {
  return base::fail(ErrorCode::kInvalid,
                    fmt::format("operation id {} was stored in a batch of other operations", id.to_string()),
                    "retry a batch with the very same operations in the same order", "batch_differs");
}

std::int64_t microseconds_of(const std::optional<Time>& at) {
  return (at ? *at : base::now()).time_since_epoch().count();
}

}  // namespace

std::optional<std::int64_t> UserCache::find(std::string_view name) const {
  const auto found = ids_.find(std::string(name));
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

void UserCache::remember(std::string_view name, std::int64_t id) {
  if (ids_.size() >= kCachedUsersMax) ids_.clear();
  ids_.emplace(name, id);
  provisional_.emplace_back(name);
}

void UserCache::forget_provisional() {
  if (base::proof::is_planted("user_cache_kept_after_a_rollback")) provisional_.clear();
  for (const std::string& name : provisional_) ids_.erase(name);
  provisional_.clear();
}

Result<void> Applier::begin_transaction(bool has_foreign_commit) {
  if (base::proof::is_planted("stale_head_replaces_rows")) return {};
  if (has_foreign_commit || heads_.size() > kCachedHeadsMax) heads_.clear();
  if (!has_foreign_commit) return {};
  dimensions_.forget();
  const auto is_somebody_erased = erasures_.has_changed();
  if (!is_somebody_erased) return std::unexpected(is_somebody_erased.error());
  if (*is_somebody_erased && !base::proof::is_planted("erased_integer_still_used")) users_.forget_all();
  return {};
}

void Applier::savepoint_rolled_back() {
  heads_.clear();
  erasures_.forget();
  dimensions_.forget();
  users_.forget_provisional();
  tail_ = tail_before_batch_;
}

void Applier::transaction_committed() {
  users_.keep_provisional();
  tail_.reset();
}

void Applier::transaction_rolled_back() {
  heads_.clear();
  erasures_.forget();
  dimensions_.forget();
  users_.forget_provisional();
  tail_.reset();
}

Result<BatchOutcome> Applier::apply(const PreparedBatch& batch) {
  tail_before_batch_ = tail_;
  auto whole = apply_batch(batch);
  for (const PreparedBatch& next : batch.following) {
    if (!whole) return whole;
    auto outcome = apply_batch(next);
    if (!outcome) return outcome;
    whole->is_already_stored = whole->is_already_stored && outcome->is_already_stored;
    std::ranges::move(outcome->outcomes, std::back_inserter(whole->outcomes));
  }
  return whole;
}

Result<BatchOutcome> Applier::apply_batch(const PreparedBatch& batch) {
  bytes_to_forget_ = 0;
  if (const auto usual = user_of_usual_turn(batch)) {
    auto outcome = append_usual_turn(*usual, batch);
    if (!outcome) return std::unexpected(outcome.error());
    if (*outcome) return std::move(**outcome);
  }
  auto user = find_user(batch.user);
  if (!user) return std::unexpected(user.error());
  if (*user) {
    auto answer = answer_retry(**user, batch);
    if (!answer) return std::unexpected(answer.error());
    if (*answer) return std::move(**answer);
    if (auto holds = erasures_.check_ids(**user, batch); !holds) return std::unexpected(holds.error());
  }
  const bool is_erase = batch.operations.front().kind == model::Kind::kEraseUser;
  if (is_erase && !*user) return std::unexpected(nothing_to_erase(batch.user));
  if (auto holds = check_conditions(user->value_or(0), batch); !holds) return std::unexpected(holds.error());
  if (auto fits = check_quota(*user, batch); !fits) return std::unexpected(fits.error());

  if (!*user) {
    auto made = make_user(batch.user);
    if (!made) return std::unexpected(made.error());
    *user = *made;
  }
  auto head = read_head(**user, batch.user);
  if (!head) return std::unexpected(head.error());
  const bool is_named = users_.find(batch.user).has_value();
  // Whoever forgets in steps, and did not see the erase, must not write the name down again.
  if (!is_named && batch.operations.front().kind == model::Kind::kForgetTurns)
    return std::unexpected(nothing_to_erase(batch.user));
  if (is_erase) {
    auto life = begin_new_life(**user, batch.user, *head);
    if (!life) return std::unexpected(life.error());
    *user = *life;
  } else if (!is_named) {
    if (auto named = erasures_.give_name(**user, batch.user); !named) return std::unexpected(named.error());
    users_.remember(batch.user, **user);
  }

  BatchOutcome outcome;
  const std::uint64_t first_rev = head->rev + 1;
  for (const PreparedOperation& prepared : batch.operations) {
    Context context{.user = **user, .prepared = &prepared, .row = {}};
    context.row.batch_first = first_rev;
    context.row.batch_size = batch.operations.size();
    auto stored = apply_one(*head, context);
    if (!stored && !outcome.outcomes.empty() && base::proof::is_planted("refused_member_is_skipped")) continue;
    if (!stored) return std::unexpected(stored.error());
    outcome.outcomes.push_back(std::move(*stored));
    if (outcome.outcomes.size() == 1 && batch.operations.size() > 1 &&
        base::proof::is_planted("batch_committed_in_two_parts"))
      (void)connection_.execute("COMMIT; BEGIN IMMEDIATE; SAVEPOINT request");
  }
  heads_.insert_or_assign(**user, std::move(*head));
  return outcome;
}

Result<std::optional<std::int64_t>> Applier::find_user(std::string_view name) {
  if (const auto known = users_.find(name)) return std::optional(*known);
  Cursor cursor = connection_.query(kFindUser);
  const auto found = cursor.bind(name).next();
  if (!found) return std::unexpected(found.error());
  if (!*found) {
    const auto life = find_new_life(connection_, name);
    if (!life) return std::unexpected(life.error());
    // Not remembered by its name, which is nowhere until its user writes again.
    return *life ? std::optional((*life)->user) : std::nullopt;
  }
  const std::int64_t id = cursor.integer(0);
  users_.remember(name, id);
  return std::optional(id);
}

Result<std::int64_t> Applier::make_user(std::string_view name) {
  Cursor cursor = connection_.query(kMakeUser);
  const auto made = cursor.bind(name).next();
  if (!made) return std::unexpected(made.error());
  const std::int64_t id = cursor.integer(0);
  // A statement with RETURNING has done its work only when it was stepped to its end.
  if (auto done = cursor.run(); !done) return std::unexpected(done.error());
  users_.remember(name, id);
  return id;
}

Result<std::optional<StoredRow>> Applier::find_operation(std::int64_t user, const OperationId& id) {
  const bool is_planted = base::proof::is_planted("id_looked_up_without_its_user");
  Cursor cursor = connection_.query(is_planted ? kPlantedFindOperation : kFindOperation);
  const auto found = cursor.bind_blob(bytes_of(id)).bind(user).next();
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::optional<StoredRow>();
  auto row = read_row(cursor);
  if (!row) return std::unexpected(row.error());
  return std::optional(std::move(*row));
}

// Nothing: none of the batch's ids is known, so it is new.
Result<std::optional<BatchOutcome>> Applier::answer_retry(std::int64_t user, const PreparedBatch& batch) {
  BatchOutcome outcome{.is_already_stored = true, .outcomes = {}};
  if (base::proof::is_planted("ids_not_looked_up")) return std::optional<BatchOutcome>();
  const std::size_t size = batch.operations.size();
  std::uint64_t first_rev = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const PreparedOperation& prepared = batch.operations[i];
    const OperationId& id = *prepared.operation.id;
    auto found = find_operation(user, id);
    if (!found) return std::unexpected(found.error());
    const bool is_first_known = first_rev != 0;
    if (!*found && !is_first_known) continue;
    if (!*found || (i > 0 && !is_first_known)) return batch_differs(id);
    const StoredRow& stored = **found;
    // A row without a salt was forgotten: there is nothing left to compare with.
    if (stored.salt && !base::proof::is_planted("payload_hash_not_compared")) {
      const std::span salt(reinterpret_cast<const std::uint8_t*>(stored.salt->data()), stored.salt->size());
      if (model::payload_hash(salt, prepared.operation.payload) != stored.row.payload_hash) return id_reused(id);
    }
    if (i == 0) first_rev = stored.row.rev;
    const bool is_whole =
        stored.row.batch_size == size || base::proof::is_planted("part_of_a_batch_taken_for_the_whole");
    if (stored.row.batch_first != first_rev || stored.row.rev != first_rev + i || !is_whole) return batch_differs(id);
    auto result = result_of(stored.row);
    if (!result) return std::unexpected(result.error());
    outcome.outcomes.push_back(
        {.id = id, .rev = stored.row.rev, .is_already_stored = true, .result = std::move(*result)});
  }
  if (outcome.outcomes.empty()) return std::optional<BatchOutcome>();
  return std::optional(std::move(outcome));
}

Result<void> Applier::check_conditions(std::int64_t user, const PreparedBatch& batch) {
  const bool is_conditional =
      !batch.condition_keys.empty() || std::ranges::any_of(batch.operations, [](const PreparedOperation& prepared) {
        return prepared.operation.if_version.has_value();
      });
  if (!is_conditional) return {};
  if (auto written = write_pending(); !written) return written;
  for (const PreparedOperation& prepared : batch.operations) {
    if (!prepared.operation.if_version) continue;
    if (auto holds = check_version(connection_, user, prepared); !holds) return holds;
  }
  if (batch.condition_keys.empty()) return {};
  if (auto holds = erasures_.check_condition(user, batch); !holds) return holds;
  auto head = user == 0 ? Result<Head>(Head{}) : read_head(user, batch.user);
  if (!head) return std::unexpected(head.error());
  auto current = current_session(user, head->last_turn);
  if (!current) return std::unexpected(current.error());
  return check_unchanged(connection_, user, batch, {.last_turn = head->last_turn, .current_session = *current});
}

Result<Applier::Head> Applier::read_head(std::int64_t user, std::string_view name) {
  if (const auto known = heads_.find(user); known != heads_.end()) return known->second;
  Cursor cursor = connection_.query(kReadHead);
  const auto found = cursor.bind(user).next();
  if (!found) return std::unexpected(found.error());
  Head head;
  if (!*found) {
    head.digest = chain_start(store_id_, name);
    return head;
  }
  head.rev = cursor.unsigned_integer(0);
  const auto digest = cursor.blob(1);
  if (digest.size() != head.digest.size()) {
    return base::fail(ErrorCode::kDamaged, fmt::format("rev {} has a digest of {} bytes", head.rev, digest.size()),
                      "run `penny verify`; restore a backup if it confirms the damage");
  }
  std::copy(digest.begin(), digest.end(), head.digest.begin());
  head.last_turn = cursor.unsigned_integer(2);
  if (head.last_turn == head.rev) {
    head.open_session = OpenSession{.id = std::string(cursor.text(3)),
                                    .first_rev = cursor.unsigned_integer(4),
                                    .number = static_cast<std::uint32_t>(cursor.integer(5))};
  }
  return head;
}

Result<Outcome> Applier::apply_one(Head& head, Context& context) {
  const PreparedOperation& prepared = *context.prepared;
  LedgerRow& row = context.row;
  row.user = context.user;
  row.rev = head.rev + 1;
  row.id = *prepared.operation.id;
  row.kind = prepared.kind;
  if (prepared.has_key) row.key = prepared.key;
  row.at = microseconds_of(prepared.operation.at);
  row.origin = prepared.operation.origin;
  row.channel = prepared.operation.channel;
  row.last_turn = prepared.kind == model::Kind::kAppendTurn ? row.rev : head.last_turn;
  if (prepared.kind != model::Kind::kAppendTurn && base::proof::is_planted("last_turn_not_carried_on"))
    row.last_turn = 0;
  row.payload_hash = prepared.payload_hash;

  const bool is_noted = is_usage_noted(row.kind, row.rev);
  if (auto counted = is_noted ? count_used(context.user, head) : Result<void>{}; !counted)
    return std::unexpected(counted.error());
  forgotten_bytes_ = 0;
  auto result = change_state(head, context);
  if (!result) return std::unexpected(result.error());
  if (prepared.kind != model::Kind::kAppendTurn) row.outcome = model::encode_result(*result);

  base::proof::reach("apply.between_statements");
  const base::Digest digest = digest_of(head.digest, row);
  if (auto inserted = insert_row(context, digest); !inserted) return std::unexpected(inserted.error());
  if (auto noted = note_usage(context, head); !noted) return std::unexpected(noted.error());
  head = {.rev = row.rev, .digest = digest, .last_turn = row.last_turn, .open_session = {}, .used = head.used};
  if (row.turn) {
    head.open_session =
        OpenSession{.id = row.turn->session, .first_rev = row.turn->session_first, .number = row.turn->session_number};
  }
  if (base::proof::is_planted("rev_told_is_of_the_batch")) row.rev = row.batch_first;
  return Outcome{.id = row.id, .rev = row.rev, .is_already_stored = false, .result = std::move(*result)};
}

Result<void> Applier::insert_row(const Context& context, const base::Digest& digest) {
  const PreparedOperation& prepared = *context.prepared;
  const LedgerRow& row = context.row;
  if (base::proof::is_planted("stale_head_replaces_rows"))
    (void)connection_.execute(
        fmt::format("DELETE FROM ledger WHERE user = {} AND rev = {}", row.user, row.rev).c_str());
  Cursor cursor = connection_.query(kInsertRow);
  cursor.bind(row.user)
      .bind(row.rev)
      .bind_blob(bytes_of(row.id))
      .bind(static_cast<std::int64_t>(row.kind))
      .bind(row.key);
  cursor.bind(row.at).bind(static_cast<std::int64_t>(row.origin)).bind(std::string_view(row.channel));
  cursor.bind(row.batch_first).bind(row.batch_size).bind(row.last_turn).bind_blob(prepared.salt);
  if (row.turn) {
    const auto& turn = std::get<AppendTurn>(prepared.operation.payload);
    cursor.bind_null().bind_blob(row.payload_hash).bind_blob(digest).bind_null();
    cursor.bind(std::string_view(row.turn->session)).bind(row.turn->session_first);
    cursor.bind(std::int64_t{row.turn->session_number}).bind(static_cast<std::int64_t>(row.turn->modality));
    cursor.bind(std::string_view(turn.user_input)).bind(std::string_view(turn.assistant_response));
    cursor.bind(turn.response_time_ms).bind(turn.confidence).bind(std::string_view(turn.metadata));
  } else {
    cursor.bind_blob(std::string_view(prepared.encoding)).bind_blob(row.payload_hash).bind_blob(digest);
    cursor.bind_blob(std::string_view(*row.outcome));
    for (int column = 0; column < 9; ++column) cursor.bind_null();
  }
  if (auto done = cursor.run(); !done) return done;
  tail_ = LedgerTail{.seq = connection_.last_row_id(), .digest = digest};
  return {};
}

}  // namespace penny::backend::sqlite
