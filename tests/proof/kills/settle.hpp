#pragma once

// What all the dead of a store have left: looked at, settled by the retries that they could not make, and looked at again.

#include <cstdint>
#include <string>

#include "proof/kills/court.hpp"
#include "proof/kills/history.hpp"
#include "proof/kills/journal.hpp"

namespace penny::proof::kills {

struct Settled {
  std::uint64_t operations = 0;
  // Requests without an answer, as they were found.
  std::uint64_t unanswered_stored = 0;
  std::uint64_t unanswered_absent = 0;
};

// Nobody has the store open. `history`: of the journal, which gets the answers to the retries too.
[[nodiscard]] Settled settle_store(const std::string& path, std::uint64_t seed, std::uint32_t store_number,
                                   Journal& journal, const History& history, const std::string& witness, Court& court);

}  // namespace penny::proof::kills
