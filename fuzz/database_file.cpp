// The database file of a store that nobody has open, damaged: every read, search, write and the rescue call it damaged, or go on
// as if nothing was; and `verify` sees what changed.
//
// Input: a byte of choices, then patches of the database (support/patches.hpp).

#include <cstddef>
#include <cstdint>

#include "support/damaged_store.hpp"
#include "support/input.hpp"
#include "support/patches.hpp"
#include "support/prepared_store.hpp"
#include "support/target.hpp"

namespace penny::fuzz {
namespace {

const PreparedStore& prepared() {
  static const PreparedStore store(Log::kEmpty);
  return store;
}

}  // namespace

void prepare() { (void)prepared(); }

void try_input(Input input) {
  Choices choices(input.byte());
  const bool with_page = choices.next();
  const bool is_to_rescue = choices.next();
  const Questions questions{.has_anchor = with_page,
                            .is_read_only = choices.next(),
                            .reads = choices.next(),
                            .reads_more = choices.next(),
                            .verifies = choices.next(),
                            .writes = choices.next()};
  Image image = prepared().image();
  patch(image.database, input);
  prepared().write(image, with_page);
  if (is_to_rescue) {
    rescue_damaged(prepared());
  } else {
    (void)ask_damaged(prepared(), questions);
  }
}

}  // namespace penny::fuzz
