#pragma once

// A store's life under power cuts: it is made, used and attacked; one of the states that a power cut left is opened, used and
// attacked again; and once more. Now and then all its processes are killed instead, which loses nothing yet, and the power
// fails later.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "proof/power/bench.hpp"
#include "proof/power/tally.hpp"

namespace penny::proof::power {

inline constexpr std::size_t kCrashesInARow = 3;

struct Life {
  std::uint64_t seed = 0;
  std::size_t states_per_trace = 0;
  std::size_t exhaust_one_in = 12;
  std::size_t go_on_one_in = 500;
  std::optional<std::size_t> kill_after_name{};  // given while the store is made: the first kill comes there
  bool is_large = false;                         // with a log so long that the store copies it by itself
};

// `folder`: of this life alone, on a file system of memory if there is one.
void live(const Life& life, const std::string& folder, Bench& bench, Tally& tally);

}  // namespace penny::proof::power
