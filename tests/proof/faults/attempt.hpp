#pragma once

// One fault point: a fresh store, a deed while a call fails, and what must hold afterwards.
//
// 1. What callers are told is compared with the ledger three times: in the store that had the fault, in a copy of its files
//    as a kill in that moment would leave them, and after closing and opening again.
// 2. Every request is then sent again with the same id, in each of the three; it must end up stored exactly once.
// 3. Each attempt begins and ends with no store open, so that what is left behind shows.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "proof/faults/claims.hpp"
#include "proof/faults/fault.hpp"
#include "proof/faults/strike.hpp"
#include "proof/faults/subject.hpp"

namespace penny::proof::faults {

// Where attempts are made. The stand-ins are installed, and SQLite was used once, so that what it keeps for good is there.
struct Bench {
  std::string folder;  // ours alone
  long blocks = 0;     // of SQLite's memory, and open descriptors, between attempts
  std::size_t descriptors = 0;

  [[nodiscard]] std::string database() const { return folder + "/live/memory.db"; }
  [[nodiscard]] std::string image() const { return folder + "/image/memory.db"; }
};

// Makes the folders and looks at what is open.
[[nodiscard]] Bench make_bench(const std::string& folder);

struct Verdict {
  Seen seen;
  std::array<std::uint64_t, kCalls> calls{};  // of the deed alone
  bool was_met = false;                       // the fault came to pass, as far as can be seen
  std::uint64_t acknowledged = 0;
  std::uint64_t refused = 0;
  std::uint64_t unknown = 0;
  Findings findings;
};

// No stroke: the deed without any fault. At most two strokes.
[[nodiscard]] Verdict attempt(const Bench& bench, const Subject& subject, const std::vector<Stroke>& strokes);

}  // namespace penny::proof::faults
