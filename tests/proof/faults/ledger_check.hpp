#pragma once

// What a store should hold after some requests, and the comparison with what it holds.

#include <cstdint>
#include <string>
#include <vector>

#include <penny/penny.hpp>

#include "proof/faults/claims.hpp"
#include "proof/faults/stock.hpp"

namespace penny::proof::faults {

enum class Fate : std::uint8_t { kStored, kNotStored, kUnknown };

// A request and what its caller was told.
struct Told {
  const Batch* batch = nullptr;
  Fate fate = Fate::kNotStored;
  std::uint64_t first_rev = 0;  // if stored
  bool was_visible = false;     // a read showed it: then it stays
};

struct Expected {
  std::vector<Entry> entries;  // acknowledged before
  std::vector<Told> told;
};

// Compares all rows of the ledger with what is expected, and notes what became visible. `where`: for witnesses.
void check_ledger(const Store& store, Expected& expected, const std::string& where, Findings& findings);
void check_entries(const std::vector<Entry>& entries, Expected& expected, const std::string& where, Findings& findings);

}  // namespace penny::proof::faults
