#pragma once

// Soak: several processes write, read and watch one store for a long time, another one opens and closes it again and again,
// and everything that could grow or drift is sampled.

#include <string>
#include <vector>

#include "proof/part.hpp"

namespace penny::proof::soak {

// The part "soak"; `--amount` counts seconds. Leaves soak.csv and soak.svg beside the program.
void run(const Order& order, Report& report);

// STORE NUMBER RATE: a process of the load. RATE: operations per second of each of its writers. NUMBER 0 opens and closes
// the store. Takes orders on standard input; see load.cpp.
int load(const std::vector<std::string>& arguments);

}  // namespace penny::proof::soak
