#pragma once

#include "proof/part.hpp"

namespace penny::proof::power {

// Power cuts: runs of the real store are recorded call by call, and whatever a disk may hold after a power cut at any moment is
// opened and compared with what was acknowledged.
void run(const Order& order, Report& report);

}  // namespace penny::proof::power
