#pragma once

// What must come of every damage to the files of a prepared store, whichever it was.

#include <penny/penny.hpp>

#include "support/input.hpp"
#include "support/prepared_store.hpp"

namespace penny::fuzz {

// What an input asks of a damaged store.
struct Questions {
  bool has_anchor = false;  // the shared page is there
  bool is_read_only = false;
  bool reads = false;
  bool reads_more = false;  // searches, histories, plans and exports
  bool verifies = false;
  bool writes = false;
};

// Opens the store, asks, and fails if it
//   - is refused, or an answer is, as something else than damaged, no store, or of a newer schema;
//   - is whole to `verify` and answers otherwise than before: each user's operations are the begin of what they were, and all
//     answers are the same if the operations are; where the anchor is there none is missing;
//   - is whole to `verify` and does not take a batch of every kind, or is not whole afterwards.
// False: it was refused.
bool ask_damaged(const PreparedStore& prepared, const Questions& questions);

// Rescues what is left. What it saves was said before, word for word.
void rescue_damaged(const PreparedStore& prepared);

[[nodiscard]] bool is_damage(ErrorCode code);

}  // namespace penny::fuzz
