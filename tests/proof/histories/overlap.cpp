#include <algorithm>
#include <array>
#include <vector>

#include "proof/histories/checkers.hpp"

namespace penny::proof::histories {

Overlap overlap_of(const History& history) {
  const auto& calls = history.calls;
  std::vector<bool> overlaps(calls.size(), false);
  for (unsigned key = 0; key < kHotKeys; ++key) {
    // Calls are in order of their beginnings, so of those before it only the one that ends last matters.
    std::size_t last = calls.size();
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if ((keys_of(calls[i]) >> key & 1U) == 0) continue;
      if (last < calls.size() && calls[last].completed > calls[i].invoked) overlaps[i] = overlaps[last] = true;
      if (last == calls.size() || calls[i].completed > calls[last].completed) last = i;
    }
  }
  return {.calls = calls.size(), .overlapping = static_cast<std::uint64_t>(std::ranges::count(overlaps, true))};
}

}  // namespace penny::proof::histories
