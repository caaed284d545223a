#pragma once

// Prepared small stores, kept as bytes, from which each attempt gets a fresh one; and what a store holds.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <penny/penny.hpp>

namespace penny::proof::faults {

// A row of the ledger, as far as the proof tells rows apart.
struct Entry {
  std::string user;
  std::uint64_t rev = 0;
  OperationId id;
  bool operator==(const Entry&) const = default;
};

enum class State : std::uint8_t {
  kAbsent,  // there is no store yet
  kHot,     // left by its writer with everything in the log, as after a kill
  kCopied,  // the log is empty
  kTorn,    // kHot, and half of another transaction behind it in the log
  kDue,     // the next commit makes a checkpoint due
  kBorder,  // the next commit needs more shared memory
  kNumber,
};

struct Stock {
  State state = State::kAbsent;
  std::map<std::string, std::string> files;  // bytes by suffix: "", "-wal" ...
  std::vector<Entry> entries;                // in order of seq
};

inline constexpr std::string_view kUser = "ann";
inline constexpr std::string_view kNeighbour = "bob";

// Always the same id for a number.
[[nodiscard]] OperationId id_of(std::uint32_t number);
// Of the facts that the prepared stores hold.
inline constexpr std::uint32_t kFact = 90;

// Made at the first use, in `folder`. Throws if it cannot be made.
[[nodiscard]] const Stock& stock(State state, const std::string& folder);

// Empties the folder of a store's files and writes those of the stock.
void place(const Stock& stock, const std::string& database);
// Copies a store's files as they are, whoever has them open: what a kill leaves.
void copy_image(const std::string& database, const std::string& image);

// All rows of the ledger in order of seq.
[[nodiscard]] Result<std::vector<Entry>> entries_of(const Store& store);

}  // namespace penny::proof::faults
