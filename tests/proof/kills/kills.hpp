#pragma once

// Kills and stops: processes that write to one store are killed or stopped at random times and at marked points.

#include <string>
#include <vector>

#include "proof/part.hpp"

namespace penny::proof::kills {

void run_kills(const Order& order, Report& report);
void run_stops(const Order& order, Report& report);
int run_worker(const std::vector<std::string>& words);

}  // namespace penny::proof::kills
