#pragma once

// Backup and restore: where copies go, and how a restored store takes its place.

#include <string>

#include <penny/error.hpp>
#include <penny/keeping.hpp>

#include "store/verified_copy.hpp"

namespace penny::store {

// See `Store::backup`. `source.paths` is the store's.
[[nodiscard]] Result<CopyReport> back_up(const CopySource& source, const std::string& to,
                                         const ProgressCallback& progress);

// See `Store::restore`.
[[nodiscard]] Result<CopyReport> restore(const std::string& from, const std::string& to, const RestoreOptions& options);

}  // namespace penny::store
