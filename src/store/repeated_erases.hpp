#pragma once

// Erases that came after a backup was made, and so are not in it: whoever was erased must not come back with it.

#include <string>
#include <vector>

#include <penny/error.hpp>
#include <penny/keeping.hpp>

#include "base/file_system.hpp"
#include "store/verified_copy.hpp"

namespace penny::store {

// Users of the copy whom the store that is there erased after the copy's source was made. That store is not in use, and is only
// read: a name is found by its keyed hash, since nothing else of it is left. Nobody, if it is another store than the copy's.
// Errors as of reading a damaged store.
[[nodiscard]] Result<std::vector<std::string>> erased_since(const TemporaryCopy& copy, const std::string& store_id,
                                                            const base::StorePaths& there);

// Erases them in the copy as `Store::erase` does, which nobody else knows yet, and leaves it as one file. Blocks for as long as
// reading it once for each of them.
[[nodiscard]] Result<void> erase_again(const TemporaryCopy& copy, const std::vector<std::string>& users,
                                       const ProgressCallback& progress);

}  // namespace penny::store
