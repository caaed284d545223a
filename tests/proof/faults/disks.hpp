#pragma once

// The store on disks that are really full, really read-only, or dying.

#include <string>

#include "proof/faults/tally.hpp"

namespace penny::proof::faults {

// In a process of its own. Counts "disks <name>", or "skipped <why>".
void try_disks(const std::string& folder, Tally& tally);

}  // namespace penny::proof::faults
