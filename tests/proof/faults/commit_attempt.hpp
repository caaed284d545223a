#pragma once

#include <vector>

#include "proof/faults/attempt.hpp"

namespace penny::proof::faults {

// Requests while a call fails; see attempt.hpp.
void try_commit(const Bench& bench, const Subject& subject, const std::vector<Stroke>& strokes, Verdict& verdict);

}  // namespace penny::proof::faults
