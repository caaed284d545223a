#pragma once

// The part `basics`: what the public interface promises, asked once, one thing after another, with expectations that were
// worked out by hand. The other parts attack with masses; this one knows what each single answer has to be.

#include <string>
#include <vector>

#include "proof/part.hpp"

namespace penny::proof::basics {

// A short run ends with the first chapter that is red.
void run(const Order& order, Report& report);

// The process that `Neighbour` speaks with.
int work(const std::vector<std::string>& arguments);

}  // namespace penny::proof::basics
