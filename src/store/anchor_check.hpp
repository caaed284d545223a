#pragma once

#include <optional>

#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"
#include "store/gate_page.hpp"

namespace penny::store {

// Is the row of the anchor in the ledger, as it was acknowledged? `kDamaged` if not. The anchor must have been read
// before: a ledger ahead of it is normal. No anchor agrees with everything.
[[nodiscard]] Result<void> check_anchor(const std::optional<Anchor>& anchor, backend::sqlite::Connection& connection);

// The same; but if the row is not there and the page has a later anchor by now, that one is asked for: an erase moves it before it
// removes rows.
[[nodiscard]] Result<void> check_anchor(const std::optional<Anchor>& anchor, const GatePage& page,
                                        backend::sqlite::Connection& connection);

}  // namespace penny::store
