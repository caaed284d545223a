#pragma once

#include <chrono>

#include <penny/store.hpp>

#include "cli/options.hpp"

namespace penny::cli {

// Opens the store that is there. Creates nothing: a missing one is `kNotFound`, with advice. Blocks for at most the
// deadline.
[[nodiscard]] Result<Store> open_existing(const CommonOptions& options,
                                          std::chrono::milliseconds deadline = OpenOptions{}.deadline);

// The same, and makes the store if it is not there, unless it is to be read only.
[[nodiscard]] Result<Store> open_or_create(const CommonOptions& options, std::chrono::milliseconds deadline);

}  // namespace penny::cli
