#pragma once

// What is stored, read with plain SQL, against what the journal says was begun and acknowledged.

#include <cstdint>
#include <set>
#include <string>

#include <penny/store.hpp>

#include "proof/kills/court.hpp"
#include "proof/kills/history.hpp"

namespace penny::proof::kills {

struct Stored {
  std::uint64_t operations = 0;
  std::uint64_t requests = 0;
  std::uint64_t unanswered = 0;  // requests that are stored, though nobody was told
  // Of each request that is stored, what `key_of` gives.
  std::set<std::uint64_t> keys;
};

[[nodiscard]] std::uint64_t key_of(std::size_t process, std::size_t lane, std::uint32_t number);

// `path`: the store's file, which may be open. Throws if it cannot be read.
[[nodiscard]] Stored check_store(const std::string& path, const History& history, const std::string& witness,
                                 Court& court);

// `Store::verify` finds nothing.
void check_verify(const Store& store, const std::string& witness, Court& court);

}  // namespace penny::proof::kills
