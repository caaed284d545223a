#pragma once

// Going back to what was known of a user at an earlier rev: by new operations, never by rewriting the ledger.

#include <cstdint>
#include <string>
#include <vector>

#include <penny/operation.hpp>

namespace penny {

struct UndoOptions {
  bool forgets_turns = false;  // the turns after that rev too
};

// The operations that lead back, as batches to commit one after the other. Each operation is guarded by `if_version`, so that
// what somebody writes meanwhile is a `kConflict` and not overwritten; each has an id, so that it can be retried.
struct UndoPlan {
  std::uint64_t to_rev = 0;
  std::uint64_t from_rev = 0;  // the user's rev that the plan was made at
  std::vector<Batch> batches;
  // What cannot come back: facts and preferences that were forgotten since, since their text is gone, and dimensions that were
  // not there yet: they get their first value. As the keys of `IfUnchangedSince`: "fact:<id>".
  std::vector<std::string> not_restored;
};

struct Undone {
  std::uint64_t to_rev = 0;
  std::uint64_t operations = 0;  // that were committed
  std::uint64_t turns = 0;       // that were forgotten
  std::vector<std::string> not_restored;
};

}  // namespace penny
