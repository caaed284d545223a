#pragma once

// Users who were erased, as a commit and a read see them.
//
// 1. The tombstone moves its user to a new integer, and takes the name out of `users`. Every read and every write finds
//    rows by an integer that it found by a name, so from that commit on nobody finds the older rows, however many they are.
// 2. Neither integer is ever used again. The new one is found again by a keyed hash of the name (`erasures`); the name
//    itself is written down again only when its user writes again.
// 3. The tombstone is the first row of its integer. Its digest follows from the last one before it (`digest_before`).
// 4. Ids of erased operations are remembered as keyed hashes until `ids_until`, so that a late retry is told.
// 5. The older rows go in steps, see erase_steps.hpp.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/error.hpp>

#include "backend/prepared.hpp"
#include "backend/sqlite/connection.hpp"
#include "base/sha256.hpp"

namespace penny::backend::sqlite {

// Where an erased user goes on.
struct NewLife {
  std::int64_t user = 0;
  std::uint64_t rev = 0;  // of the tombstone
  base::Digest digest_before{};
  bool is_sealed = false;  // the row is as it was written, and the key the same
};

// By the user's name, or by the integer; nothing if it was never erased. Only the second looks at the seal. Inside the caller's snapshot or transaction.
[[nodiscard]] Result<std::optional<NewLife>> find_new_life(Connection& connection, std::string_view name);
[[nodiscard]] Result<std::optional<NewLife>> new_life_of(Connection& connection, std::int64_t user);

// Whether the name is in the table of users.
[[nodiscard]] Result<bool> has_name(Connection& connection, std::string_view name);

// What is remembered of an erased operation's id; `life`: the integer under which it was stored.
[[nodiscard]] std::string hash_of_id(std::string_view key, std::int64_t life, const OperationId& id);
[[nodiscard]] Result<std::string> erasure_key(Connection& connection);

// Of one writing connection, inside its transactions.
class Erasures {
 public:
  explicit Erasures(Connection& connection) : connection_(connection) {}

  // When others may have committed: whether somebody was erased since this was last asked, so that integers of names that
  // are remembered do not hold.
  [[nodiscard]] Result<bool> has_changed();
  // After a rollback.
  void forget() { lives_.reset(); }

  // `kConflict` (erased) if one of the ids is of an operation of this user that was erased lately.
  Result<void> check_ids(std::int64_t user, const PreparedBatch& batch);
  // `kConflict` (if_unchanged_since) if the user was erased after the rev of the condition.
  Result<void> check_condition(std::int64_t user, const PreparedBatch& batch);

  struct Buried {
    std::int64_t user = 0;         // the new integer
    std::uint64_t operations = 0;  // so many are to be removed
  };
  // What the tombstone with the rev after `last_rev` does. `kNotFound` before the first write if the user's last row is a
  // tombstone.
  Result<Buried> bury(std::int64_t user, std::string_view name, std::uint64_t last_rev,
                      const base::Digest& last_digest);
  // An erased user writes again.
  Result<void> give_name(std::int64_t user, std::string_view name);

 private:
  struct Life {
    std::int64_t user = 0;
    std::int64_t ids_until = 0;  // microseconds since 1970
  };
  Result<void> load_lives();
  Result<bool> is_remembered(std::int64_t life, const OperationId& id);

  Connection& connection_;
  std::optional<std::int64_t> latest_;  // integer that was given by a tombstone
  // What was erased lately, by the integer under which its user goes on.
  std::optional<std::multimap<std::int64_t, Life>> lives_;
  std::string key_;
};

[[nodiscard]] Error nothing_to_erase(std::string_view name);

}  // namespace penny::backend::sqlite
