#pragma once

// What of one user's ledger was forgotten, by its operations and by its rows: `verify` demands that both say the same. A row
// without its payload is folded from its outcome, which the digest covers.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <penny/error.hpp>

#include "backend/sqlite/ledger.hpp"
#include "backend/sqlite/state.hpp"

namespace penny::backend::sqlite {

class ForgettingFold {
 public:
  // Rows in order of rev, as they stand in the ledger.
  void take_turn(const StoredRow& stored);
  // A change of a dimension; nothing: its payload is gone.
  void take_lesson(const LedgerRow& row, const std::optional<std::string>& trigger);
  void take_observation(const LedgerRow& row, bool is_payload_there);

  // What the operations lead to; an error if they could not have been accepted.
  Result<OperationResult> forget_turn(const LedgerRow& row, const ForgetTurn& operation);
  OperationResult forget_turns(const LedgerRow& row, const ForgetTurns& operation);
  // `before` becomes the tombstone.
  Result<OperationResult> forget_preference(const LedgerRow& row, const ForgetPreference& operation,
                                            rules::PreferenceState& before, std::vector<std::string>& problems);

  // Of a change whose payload is gone, the evolution's row alone still tells how the confidence changed. Any change that leads
  // from the old one to the new one is as good.
  void expect_change(const std::string& name, std::uint64_t version, double old_confidence, double new_confidence);
  void accept_change(EvolutionRow& row) const;

  // The contradictions between operations and rows.
  void report(std::int64_t user, std::vector<std::string>& problems) const;
  // By session, and under "" of all: the rev of the latest operation that forgot a turn.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& forgettings() const { return forgettings_; }

 private:
  struct Turn {
    std::uint64_t rev = 0;
    const std::string* session = nullptr;
    bool is_text_there = false;
    std::uint64_t forgotten_rev = 0;  // 0: no operation forgot it
  };
  struct Lesson {
    std::uint64_t rev = 0;
    std::uint64_t batch_first = 0;
    std::uint64_t turn = 0;  // that its trigger names, if its payload is there
  };
  void forget(Turn& turn, const LedgerRow& row);
  [[nodiscard]] std::vector<Turn>::const_iterator first_turn_from(std::uint64_t rev) const;

  std::set<std::string> sessions_;
  std::vector<Turn> turns_;  // in order of rev
  std::map<OperationId, std::uint64_t> revs_;
  std::vector<Lesson> told_lessons_;  // of a turn in the same batch
  std::vector<Lesson> lost_lessons_;
  std::map<std::string, std::map<std::uint64_t, bool>> observations_;  // by key and rev: whether the payload is there
  std::map<std::pair<std::string, std::uint64_t>, std::pair<double, double>> changes_;
  std::map<std::string, std::uint64_t> forgettings_;
};

}  // namespace penny::backend::sqlite
