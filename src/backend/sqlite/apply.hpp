#pragma once

// What one batch does to the store, inside an open write transaction: a retry is answered, conditions are checked,
// `rules/` say what each operation means, and each operation leaves one row in the ledger.
//
// An operation is refused before its first write, or not at all: what can be refused (a retry, a condition, a rule) is looked
// at first. So only a batch of several, or the first operation of a new user, can be refused half done.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <penny/error.hpp>
#include <penny/outcome.hpp>

#include "backend/prepared.hpp"
#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/dimension_rows.hpp"
#include "backend/sqlite/erasures.hpp"
#include "backend/sqlite/ledger.hpp"
#include "backend/sqlite/state.hpp"

namespace penny::backend::sqlite {

// The last row of the ledger that this connection wrote: what the anchor remembers.
struct LedgerTail {
  std::uint64_t seq = 0;
  base::Digest digest{};
};

// The integers of users, by name. What was learnt inside a transaction counts only once it is committed.
class UserCache {
 public:
  [[nodiscard]] std::optional<std::int64_t> find(std::string_view name) const;
  void remember(std::string_view name, std::int64_t id);
  void forget(std::string_view name) { ids_.erase(std::string(name)); }
  void forget_all() { ids_.clear(); }
  void forget_provisional();
  void keep_provisional() { provisional_.clear(); }

 private:
  std::unordered_map<std::string, std::int64_t> ids_;
  std::vector<std::string> provisional_;
};

class Applier {
 public:
  // `user_bytes_max`: see `OpenOptions`.
  Applier(Connection& connection, std::string store_id, std::optional<std::uint64_t> user_bytes_max)
      : connection_(connection),
        store_id_(std::move(store_id)),
        user_bytes_max_(user_bytes_max),
        erasures_(connection),
        dimensions_(connection) {}

  // Whether a refusal may leave something behind that the caller must undo.
  [[nodiscard]] bool may_be_half_done(const PreparedBatch& batch) const {
    return batch.operations.size() > 1 || !batch.following.empty() || !users_.find(batch.user);
  }

  // The batch and those that follow it, with the outcomes of all; "already stored" if all were. Inside the caller's savepoint if
  // it `may_be_half_done`. Errors: `kInvalid` (id_reused, batch_differs, or what the rules refuse),
  // `kNotFound`, `kConflict`, `kOverloaded` (quota): the caller rolls the savepoint back. Others are SQLite's: the transaction may be gone.
  [[nodiscard]] Result<BatchOutcome> apply(const PreparedBatch& batch);

  // At the begin of each transaction. `has_foreign_commit`: another connection committed since the last one, so what is
  // remembered of users' chains does not hold any more. (Were it ever wrong, the unique index on (user, rev) would refuse.) Errors are
  // SQLite's: the transaction is of no use.
  Result<void> begin_transaction(bool has_foreign_commit);

  // Before a savepoint and before COMMIT: writes what was kept back. Errors are SQLite's.
  Result<void> write_pending() { return dimensions_.write(); }

  // The last row of this transaction that still counts; nothing if it has none.
  [[nodiscard]] const std::optional<LedgerTail>& tail() const { return tail_; }
  [[nodiscard]] bool has_written() const { return tail_.has_value(); }
  void savepoint_rolled_back();
  void transaction_committed();
  void transaction_rolled_back();

 private:
  struct OpenSession {
    std::string id;
    std::uint64_t first_rev = 0;
    std::uint32_t number = 0;  // of its latest turn
  };
  struct Head {  // of the user's chain
    std::uint64_t rev = 0;
    base::Digest digest{};
    std::uint64_t last_turn = 0;
    // Of the latest row if that is a turn: nothing came since that could have ended its session.
    std::optional<OpenSession> open_session;
    std::optional<std::uint64_t> used;  // bytes that the ledger keeps of the user; see `count_used`
  };
  struct Context {  // of one operation
    std::int64_t user = 0;
    const PreparedOperation* prepared = nullptr;
    LedgerRow row;
  };

  // One batch, whatever follows it.
  Result<BatchOutcome> apply_batch(const PreparedBatch& batch);
  // apply_usual_turn.cpp
  [[nodiscard]] std::optional<std::int64_t> user_of_usual_turn(const PreparedBatch& batch) const;
  Result<std::optional<BatchOutcome>> append_usual_turn(std::int64_t user, const PreparedBatch& batch);
  Result<std::optional<std::int64_t>> find_user(std::string_view name);
  Result<std::int64_t> make_user(std::string_view name);
  Result<std::optional<StoredRow>> find_operation(std::int64_t user, const OperationId& id);
  Result<std::optional<BatchOutcome>> answer_retry(std::int64_t user, const PreparedBatch& batch);
  Result<void> check_conditions(std::int64_t user, const PreparedBatch& batch);
  Result<Head> read_head(std::int64_t user, std::string_view name);
  // apply_usage.cpp
  Result<void> check_quota(const std::optional<std::int64_t>& user, const PreparedBatch& batch);
  Result<void> count_used(std::int64_t user, Head& head);
  Result<void> note_usage(const Context& context, Head& head);
  // Before an erase's tombstone, which follows `head`: its user goes on under another integer, which this gives.
  Result<std::int64_t> begin_new_life(std::int64_t user, std::string_view name, Head& head);
  Result<Outcome> apply_one(Head& head, Context& context);
  Result<OperationResult> change_state(const Head& head, Context& context);
  Result<OperationResult> append_turn(const Head& head, Context& context, const AppendTurn& turn);
  Result<OperationResult> end_session(const Head& head, Context& context, const EndSession& operation);
  template <class Operation>
  Result<OperationResult> change_preference(Context& context, const Operation& operation);
  template <class Operation>
  Result<OperationResult> change_dimension(Context& context, const Operation& operation);
  Result<OperationResult> remember_fact(Context& context, const RememberFact& operation);
  // apply_tools.cpp
  Result<OperationResult> take_tool_permit(Context& context, const TakeToolPermit& permit);
  Result<OperationResult> record_tool_outcome(Context& context, const RecordToolOutcome& outcome);
  // apply_forgetting.cpp
  struct TurnToForget;
  Result<OperationResult> forget_fact(Context& context, const ForgetFact& operation);
  Result<OperationResult> forget_turn(Context& context, const ForgetTurn& operation);
  Result<OperationResult> forget_turns(Context& context, const ForgetTurns& operation);
  Result<OperationResult> forget_preference(Context& context, const ForgetPreference& operation);
  Result<std::vector<TurnToForget>> turns_of(Cursor& cursor);
  Result<OperationResult> forget_all(Context& context, const std::vector<TurnToForget>& turns);
  // The session of the user's latest turn with its counts up to date; nothing if the user has no turn.
  Result<std::optional<SessionRow>> current_session(std::int64_t user, std::uint64_t last_turn);
  Result<void> insert_row(const Context& context, const base::Digest& digest);

  Connection& connection_;
  std::string store_id_;
  std::optional<std::uint64_t> user_bytes_max_;
  UserCache users_;
  Erasures erasures_;
  std::uint64_t buried_operations_ = 0;  // by the tombstone that is being written
  // The heads of the users of this process's latest commits; see `begin_transaction`.
  std::unordered_map<std::int64_t, Head> heads_;
  DimensionRows dimensions_;
  std::optional<LedgerTail> tail_;
  std::optional<LedgerTail> tail_before_batch_;
  std::uint64_t bytes_to_forget_ = 0;  // of texts, by the batch at hand
  std::uint64_t forgotten_bytes_ = 0;  // by the operation at hand
};

}  // namespace penny::backend::sqlite
