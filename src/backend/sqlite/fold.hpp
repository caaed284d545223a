#pragma once

// The fold of one user's ledger: what the state tables must hold, recomputed from nothing but the rows.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <penny/error.hpp>

#include "backend/sqlite/fold_forgetting.hpp"
#include "backend/sqlite/fold_tools.hpp"
#include "backend/sqlite/ledger.hpp"
#include "backend/sqlite/state.hpp"
#include "rules/learning_bound.hpp"
#include "rules/undo.hpp"

namespace penny::backend::sqlite {

class UserFold {
 public:
  // `unbounded_seq`: observations up to it were made without a bound (see the table `learning_bound`).
  UserFold(std::int64_t user, std::uint64_t unbounded_seq, base::Digest chain_start)
      : user_(user), unbounded_seq_(unbounded_seq), digest_(chain_start) {}
  // Of a user who was erased: the chain goes on from the tombstone with this rev, and the digest before it.
  UserFold(std::int64_t user, std::uint64_t unbounded_seq, base::Digest digest_before, std::uint64_t tombstone)
      : user_(user),
        unbounded_seq_(unbounded_seq),
        digest_(digest_before),
        tombstone_(tombstone),
        rev_(tombstone - 1) {}

  // Takes the next row in order of rev; adds to `problems` whatever does not fit.
  void take(const StoredRow& stored, std::vector<std::string>& problems);
  // Compares the result with the state tables of the user.
  Result<void> compare(Connection& connection, std::vector<std::string>& problems) const;

  // What the rows taken so far taught.
  [[nodiscard]] rules::Memory memory() const;

  [[nodiscard]] std::int64_t user() const { return user_; }
  // Of the first row there is: what was before it was erased.
  [[nodiscard]] std::uint64_t first_rev() const { return tombstone_ == 0 ? 1 : tombstone_; }
  [[nodiscard]] std::uint64_t rev() const { return rev_; }
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  void check_chain(const StoredRow& stored, std::vector<std::string>& problems);
  void fold_turn(const StoredRow& stored, std::vector<std::string>& problems);
  // What the operation leads to; an error if it could not have been accepted.
  Result<OperationResult> fold_payload(const LedgerRow& row, const Payload& payload,
                                       std::vector<std::string>& problems);
  // The same for an operation whose payload was forgotten, as its outcome tells; fold_state.cpp.
  Result<OperationResult> fold_without_payload(const LedgerRow& row);
  // How far the observation at hand may move the dimension, and that it did; fold_state.cpp.
  [[nodiscard]] double left_to_learn(const LedgerRow& row, const std::string& name) const;
  void note_learned(const LedgerRow& row, const std::string& name, double spent);
  Result<OperationResult> fold_session_end(const LedgerRow& row, const EndSession& operation);

  std::int64_t user_;
  std::uint64_t unbounded_seq_;
  base::Digest digest_;
  std::uint64_t tombstone_ = 0;  // rev of the first row, if that is one
  std::uint64_t rev_ = 0;
  std::uint64_t seq_ = 0;
  std::uint64_t last_turn_ = 0;
  std::uint64_t batch_end_ = 0;
  std::uint64_t batch_first_ = 0;
  std::uint64_t forgotten_ = 0;
  std::string current_session_;
  std::map<std::string, SessionRow> sessions_;
  // As they stand in the table: written when a session begins, when it is left and when it ends.
  std::map<std::string, SessionRow> written_sessions_;
  std::map<std::string, PreferenceRow> preferences_;
  std::map<std::string, DimensionRow> dimensions_;
  std::map<std::string, rules::Learned> learned_;
  std::map<std::pair<std::string, std::uint64_t>, EvolutionRow> evolution_;
  std::map<std::uint64_t, FactRow> facts_;
  ForgettingFold forgetting_;
  ToolFold tools_;
  std::uint64_t kept_bytes_ = 0;
  std::map<std::uint64_t, std::uint64_t> usage_;  // the one row of the user: rev and bytes, see usage.hpp
};

// Before the first row of the user with this integer and name, inside the caller's snapshot.
[[nodiscard]] Result<UserFold> begin_fold(Connection& connection, std::int64_t user, std::string_view name,
                                          std::string_view store_id);

}  // namespace penny::backend::sqlite
