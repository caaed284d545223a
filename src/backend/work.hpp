#pragma once

// What the committer hands to a back end, and what it gets back: requests in, outcomes out. The same for every back
// end.

#include <functional>

#include <penny/error.hpp>
#include <penny/outcome.hpp>

#include "backend/prepared.hpp"

namespace penny::backend {

// One caller's batch. The back end sets the outcome.
struct Work {
  const PreparedBatch* batch = nullptr;
  Result<BatchOutcome> outcome;
};

// The next piece of work, which from then on cannot be withdrawn; nullptr: no more for this transaction. Takes no lock
// that is held while a transaction runs.
using TakeWork = std::function<Work*()>;

}  // namespace penny::backend
