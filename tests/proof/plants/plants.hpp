#pragma once

// The part `plants`: switches on one planted bug after the other, and demands that the other parts go red.
//
// 1. Every layer (every other part but the soak) is first run without a bug: only a green one can see anything.
// 2. For each plant the layers of its row in table.cpp are run first (again with other seeds while they are green), then all
//    others, until as many as it needs have seen it: two if it breaks a promise, else one. A long run asks every layer.
// 3. A layer that crashes or does not end while a plant is on has seen it, too.
// 4. No layer knows which plant is on.

#include "proof/part.hpp"

namespace penny::proof::plants {

void run(const Order& order, Report& report);

}  // namespace penny::proof::plants
