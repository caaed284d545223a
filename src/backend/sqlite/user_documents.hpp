#pragma once

// Which documents of the search index are a user's, remembered from one search to the next. The index knows it by the user's label, but
// asking that for each place of a word costs many times what finding the place does.
//
// A document never changes its user, so what is remembered stays right: one that is gone is in no list of places any more.

#include <cstdint>
#include <vector>

#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"

namespace penny::backend::sqlite {

// Used by one search at a time. Takes a bit for each row of the ledger.
class UserDocuments {
 public:
  // Learns what the index has that is new since the last time. Inside the caller's snapshot of it. The first time for a user it takes
  // as long as reading all of his documents' numbers: some 10 ms for 100,000.
  // What a damaged index has beyond `last_seq` is passed over.
  Result<void> catch_up(Connection& index, std::int64_t user, std::uint64_t last_seq);

  [[nodiscard]] bool has(std::uint64_t seq) const {
    return seq / kBits < are_his_.size() && (are_his_[seq / kBits] >> seq % kBits & 1U) != 0;
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  // Of them, those from `seq` on.
  [[nodiscard]] std::uint64_t count_from(std::uint64_t seq) const;

 private:
  static constexpr std::uint64_t kBits = 64;

  std::int64_t user_ = 0;               // nobody
  std::uint64_t seen_seq_ = 0;          // everything up to it is known
  std::vector<std::uint64_t> are_his_;  // a bit for each seq
  std::uint64_t count_ = 0;
};

}  // namespace penny::backend::sqlite
