#pragma once

// Sends requests to a store, several of them so that one transaction takes them all.

#include <functional>
#include <string>
#include <vector>

#include <penny/penny.hpp>

#include "proof/faults/attempt.hpp"

namespace penny::proof::faults {

struct Submitted {
  std::vector<Result<BatchOutcome>> answers;  // in the order of the requests
  Seen seen;
  std::array<std::uint64_t, kCalls> calls{};
};

// The strokes are in force from the moment in which the requests may be taken; `while_it_lasts` is called in the end, before
// they are lifted. For several requests the store's queue must hold just as many.
[[nodiscard]] Submitted submit(Store& store, const std::string& database, const std::vector<Batch>& requests,
                               const std::vector<Stroke>& strokes, const std::function<void()>& while_it_lasts);

}  // namespace penny::proof::faults
