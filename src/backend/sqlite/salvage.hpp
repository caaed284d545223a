#pragma once

// The rows of a ledger whose file is damaged, as far as they can be read, and only those whose hashes are right.
//
// 1. Rows are read in order of seq. Where a page cannot be read the rows behind it are asked for one by one, until one can.
// 2. A row is right if its payload has the hash that stands in it, and its digest follows from the row before. Where that
//    one is lost, the first of the two has to do.
// 3. What is lost shows as a gap in a user's revs.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <penny/error.hpp>
#include <penny/operation.hpp>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/ledger.hpp"
#include "base/sha256.hpp"

namespace penny::backend::sqlite {

class Salvage {
 public:
  // `reader` is used by nobody else, in no transaction. `store_id` may be empty if it is lost.
  Salvage(Connection& reader, std::string store_id) : reader_(reader), store_id_(std::move(store_id)) {}

  struct Saved {
    Operation operation;
    std::uint64_t batch_first = 0;  // rev
    std::uint64_t batch_size = 1;
  };
  // The next operation that can be saved; nothing after the last one. Errors are other ones than damage.
  [[nodiscard]] Result<std::optional<Saved>> next();

  [[nodiscard]] std::uint64_t last_seq() const { return last_seq_; }
  // An estimate; 0: unknown.
  [[nodiscard]] std::uint64_t rows() const { return end_; }
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  [[nodiscard]] std::vector<std::string>& losses() { return losses_; }
  void add_loss(std::uint64_t operations, std::string what);

 private:
  struct User {
    std::optional<std::string> name;
    std::uint64_t rev = 0;               // of the last row that was there, right or not
    std::optional<base::Digest> digest;  // of that row, if it was right
    bool is_erased = false;              // rows of an erase that is unfinished
  };
  [[nodiscard]] Result<std::optional<StoredRow>> next_row();
  [[nodiscard]] Result<std::optional<StoredRow>> row_from(std::uint64_t seq, bool is_exact);
  [[nodiscard]] Result<User*> user_of(const StoredRow& stored);
  [[nodiscard]] std::optional<Saved> examine(const StoredRow& stored, User& user);
  void find_end();
  void look_for_lost_ends();

  Connection& reader_;
  const std::string store_id_;
  bool is_begun_ = false;
  std::uint64_t last_seq_ = 0;  // all up to it were looked at
  std::uint64_t end_ = 0;
  bool is_probing_ = false;
  std::map<std::int64_t, User> users_;
  std::uint64_t forgotten_ = 0;
  std::uint64_t lost_ = 0;
  std::vector<std::string> losses_;
};

}  // namespace penny::backend::sqlite
