#pragma once

// What a user's memory was at a rev: the fold of the ledger up to it, the one that `verify` uses.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <penny/error.hpp>
#include <penny/id.hpp>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/fold.hpp"

namespace penny::backend::sqlite {

// Takes the next rows of the user into the fold, which is made at the first call: up to the rev `until`, and a bounded number, so
// that it can be called again and again, each time in another snapshot. False: there are more. `kDamaged` if the ledger
// contradicts itself.
Result<bool> fold_more(Connection& connection, std::string_view user, const std::string& store_id, std::uint64_t until,
                       std::optional<UserFold>& fold);

// The rev before the user's first operation after `rev` whose time is after `time`; nothing: not found yet, go on after
// `looked_to`.
struct RevAt {
  std::optional<std::uint64_t> rev{};
  std::uint64_t looked_to = 0;
};
Result<RevAt> rev_at(Connection& connection, std::string_view user, Time time, std::uint64_t rev);

}  // namespace penny::backend::sqlite
