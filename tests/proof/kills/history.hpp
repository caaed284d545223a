#pragma once

// What the journal says about each request: what was begun, what was answered, and how long that took.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proof/kills/court.hpp"
#include "proof/kills/journal.hpp"

namespace penny::proof::kills {

struct Fate {
  std::uint32_t begun = 0;     // how often
  std::uint32_t too_late = 0;  // refused because of its deadline
  std::uint64_t digest = 0;    // of what it asks for
  std::uint64_t rev = 0;       // of its first answer; 0: none
  std::uint64_t result = 0;    // its digest
};

struct History {
  std::array<std::array<std::vector<Fate>, kLanes>, kProcessesMax> fates;  // of each lane, by the requests' numbers
  std::uint64_t requests = 0;
  std::uint64_t acknowledged = 0;      // requests
  std::uint64_t retries_stored = 0;    // after a death or a deadline: it was not there
  std::uint64_t retries_known = 0;     // after a death: it was there
  std::uint64_t retries_answered = 0;  // of what was answered before
  std::uint64_t stored_at_retry = 0;   // after a deadline
  std::uint64_t worst_wait_ns = 0;     // of an acknowledgement
};

// Reads the lanes, and checks what can be said without the store. `witness` stands before every contradiction. Deadlines:
// whether a request may be refused because of its own.
[[nodiscard]] History read_history(const Journal& journal, bool has_deadlines, const std::string& witness,
                                   Court& court);

}  // namespace penny::proof::kills
