#pragma once

// What each target defines.

#include "support/input.hpp"

namespace penny::fuzz {

// Once, before the first input.
void prepare();

// Tries one input. What it finds ends the program (support/require.hpp).
void try_input(Input input);

}  // namespace penny::fuzz
