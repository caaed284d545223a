#pragma once

// Histories: real processes work on a few hot keys and are killed, stopped and started anew; independent checkers read what
// every caller was told.

#include "proof/part.hpp"

namespace penny::proof::histories {

// `--amount` counts operations: calls of the store, of which a batch is one.
void run(const Order& order, Report& report);

}  // namespace penny::proof::histories
