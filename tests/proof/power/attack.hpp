#pragma once

// Tries what a power cut may leave at every moment of a trace.

#include <cstddef>
#include <string>

#include "proof/power/bench.hpp"
#include "proof/power/tally.hpp"

namespace penny::proof::power {

struct Attack {
  const Trace& trace;
  const History& history;
  std::size_t from = 0;    // earlier moments were attacked before
  std::size_t states = 0;  // about so many
  std::size_t exhaust_one_in = 12;
  std::size_t go_on_one_in = 500;
  std::string title;  // what makes the trace again
};

void attack(const Attack& attack, Bench& bench, Random& random, Tally& tally);

}  // namespace penny::proof::power
