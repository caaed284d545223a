#pragma once

// A user's ledger as the lines of an export. What was forgotten is told by stand-ins (rules/stand_ins.hpp), so that the
// lines, applied one after the other, lead to the same state, and are forgotten again by the operations that forgot them.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <penny/error.hpp>
#include <penny/id.hpp>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/ledger.hpp"
#include "model/user_lines.hpp"

namespace penny::backend::sqlite {

// Goes along the ledger in order of rev, page by page. Remembers a few words for each preference of the user, and nothing else that
// grows.
class Exporter {
 public:
  explicit Exporter(std::string user) : user_name_(std::move(user)) {}

  // Adds the next lines, from one snapshot; some 1 MiB. True: that was all there is by now. `kNotFound` if the user has no
  // operation, `kConflict` (erased) if the user was erased since the first page. After an error that ended the read early it goes
  // on where it was.
  [[nodiscard]] Result<bool> next(Connection& connection);
  // What was added since.
  [[nodiscard]] std::vector<model::UserLine> take_lines() { return std::exchange(lines_, {}); }

  [[nodiscard]] std::uint64_t rev() const { return rev_; }
  // Of the operations, as far as they were seen.
  [[nodiscard]] std::uint64_t number() const { return rev_ - offset_; }
  [[nodiscard]] std::uint64_t operations_known() const { return head_ - offset_; }

 private:
  // Of a preference after the last operation on it.
  struct Held {
    double confidence = 0;
    bool is_forgotten_in_part = false;  // a tombstone that remembers how far it looked
    std::uint64_t source = 0;           // rev of the operation that brought its value
    OperationId source_id;
  };

  [[nodiscard]] Result<model::UserLine> line_of(Connection& connection, const StoredRow& stored);
  [[nodiscard]] Result<Payload> stand_in(Connection& connection, const StoredRow& stored,
                                         const OperationResult& result);
  [[nodiscard]] Result<Payload> stand_in_of_preference(Connection& connection, const LedgerRow& row,
                                                       const PreferenceResult& result);
  [[nodiscard]] Result<Payload> stand_in_of_dimension(Connection& connection, const LedgerRow& row,
                                                      const DimensionResult& result);
  [[nodiscard]] Result<std::string> value_at(Connection& connection, const Held& held);
  void follow(const LedgerRow& row, const OperationResult& result);
  void count_from_the_first(ForgetTurns& forget, std::uint64_t rev) const;

  std::string user_name_;
  std::vector<model::UserLine> lines_;
  std::int64_t user_ = 0;
  std::uint64_t offset_ = 0;  // rev of the tombstone before the first operation, 0 if there is none
  std::uint64_t rev_ = 0;
  std::uint64_t head_ = 0;
  std::uint64_t batch_first_ = 0;
  std::optional<OperationId> forgotten_turn_;  // the first one of the batch
  std::unordered_map<std::string, Held> preferences_;
};

struct StoredId {
  std::uint64_t rev = 0;
  OperationId id;
};
// The user's operations since the last erase, after the rev, in order; as many as the limit.
[[nodiscard]] Result<std::vector<StoredId>> stored_ids(Connection& connection, std::string_view user,
                                                       std::uint64_t after, std::size_t limit);

}  // namespace penny::backend::sqlite
