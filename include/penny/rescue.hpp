#pragma once

// What can be saved of a store that is damaged. See docs/operations.md.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <penny/error.hpp>

namespace penny {

struct RescueOptions {
  // How far it is, in operations; called by the thread that does it, some times a second. False stops it: `kStopped`.
  std::function<bool(std::uint64_t done, std::uint64_t all)> progress{};
};

struct RescueReport {
  std::string path;                 // of the new store
  std::uint64_t users = 0;          // in it
  std::uint64_t operations = 0;     // saved
  std::uint64_t forgotten = 0;      // not saved, since their content was forgotten or their user erased
  std::uint64_t lost = 0;           // not saved, although they were acknowledged, as far as anybody can tell
  std::vector<std::string> losses;  // what they were, in words; the first 1,000
};

// Makes a new store at `to` of every operation in `damaged` whose hashes are right, in their order, with their ids and times: what they
// led to is worked out anew, so revs begin at 1 and have no gap. `damaged` is only read, and must not be in use (`kConflict`).
// `to` gets its name when all is saved and verified; `kInvalid` if it is there already. Blocks for as long as writing all
// operations. Also `kNotAStore` (not even its first page can be read), `kNewerSchema`, and what opening a store gives.
[[nodiscard]] Result<RescueReport> rescue(const std::string& damaged, const std::string& to,
                                          const RescueOptions& options = {});

}  // namespace penny
