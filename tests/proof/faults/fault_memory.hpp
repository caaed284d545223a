#pragma once

// SQLite's memory, which runs out when `strike` says so.

namespace penny::proof::faults {

// Before SQLite is initialised.
void install_memory();

// Blocks that were given out and not given back.
[[nodiscard]] long blocks_in_use();

}  // namespace penny::proof::faults
