#pragma once

// Ids that follow from another one, so that whatever is stored with an operation can be retried with it.

#include <cstddef>

#include <penny/id.hpp>

namespace penny::base {

// The n-th id that follows from this one: the same for every retry, and in the same place of the ledger's index, which is sorted by
// the leading time.
[[nodiscard]] OperationId derived_id(const OperationId& id, std::size_t n);

}  // namespace penny::base
