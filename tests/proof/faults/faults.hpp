#pragma once

// The part "faults": every call of SQLite to its files, system calls and memory fails in turn, and the store answers as it
// promised. See docs/proof/faults.md.

#include <string_view>

#include "proof/part.hpp"

namespace penny::proof::faults {

inline constexpr std::string_view kDescription =
    "Fails the n-th call for space, disk, locks and memory under every operation; --amount counts fault points";

void run(const Order& order, Report& report);

}  // namespace penny::proof::faults
