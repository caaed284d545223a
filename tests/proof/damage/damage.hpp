#pragma once

// Damage: what happens to the bytes of a store while nobody has it open. Each damage is done to a fresh copy of a prepared
// store, in a process that may crash or hang; then everything is read, verified and written to.

#include <string>
#include <vector>

#include "proof/part.hpp"

namespace penny::proof::damage {

// The part "damage"; `--amount` counts damages.
void run(const Order& order, Report& report);

// FOLDER: fills the store FOLDER/memory.db, says "filled" and waits to be killed.
int fill(const std::vector<std::string>& arguments);

// IMAGES FOLDER SEED FIRST COUNT STEP: attacks copies in FOLDER with the damages FIRST, FIRST + STEP, ... below COUNT.
int attack(const std::vector<std::string>& arguments);

}  // namespace penny::proof::damage
