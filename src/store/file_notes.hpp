#pragma once

#include <string>
#include <vector>

#include "base/file_system.hpp"

namespace penny::store {

// What is unusual about the store's files, the database and those beside it: others may read or write one, it has a second name, it is
// another user's, or no regular file. Opening refuses what is dangerous of that for the database alone.
void add_file_notes(const base::StorePaths& paths, std::vector<std::string>& notes);

}  // namespace penny::store
