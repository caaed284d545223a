#pragma once

// A log is begun anew only when the database has got all of it, by writing a new header over the old one. If that write is
// cut short, the header is broken and the old frames still stand behind it; nothing is lost with them.

#include <cstdint>

#include <penny/error.hpp>

#include "base/file_system.hpp"

namespace penny::backend::sqlite {

// Has the database every page as the last commit of this log left it? `wal` is a descriptor of the log, whose header is
// not read. False as well if a frame up to `whole_until` (from 1) or in front of a commit is broken. `kStorageFailed` if a
// file cannot be read. Blocks on the disk; certain if nobody writes meanwhile.
[[nodiscard]] Result<bool> is_log_copied(int wal, const base::StorePaths& paths, std::uint64_t whole_until);

}  // namespace penny::backend::sqlite
