#pragma once

// Where a store's files are, and whether a store can be safe there. Two names of one file must lead to the same paths,
// since its gate and its write-ahead log are found by name.

#include <cstdint>
#include <optional>
#include <string>

#include <penny/error.hpp>

#include "base/process.hpp"

namespace penny::base {

// All absolute, without symbolic links.
struct StorePaths {
  std::string directory;
  std::string database;
  std::string wal;
  std::string shm;
  std::string gate;
  std::string bell;
  std::string search;
  std::string ballast;
};

// Resolves `path` and checks folder and file; the file itself is not opened and not made. With `create` a missing
// folder is made (0700, with its parents, durably), else `kNotFound` if folder or file are missing. Blocks on the disk.
//
// Errors: `kInvalid` (empty, too long, NUL, a folder, no regular file, a symbolic link to nothing), `kNoPermission` (we
// may not write, or another user may write the folder or the file), `kHardLinked`, `kUnsupportedFileSystem`,
// `kNoSpace`, `kStorageFailed` (the disk).
[[nodiscard]] Result<StorePaths> prepare_paths(const std::string& path, bool create);

// The same for a store that is there and is only to be read: its folder and file need not be ours, nor be writable.
[[nodiscard]] Result<StorePaths> find_paths(const std::string& path);

// A new name is durable only once its folder is synced. `kNoPermission`, `kStorageFailed`.
[[nodiscard]] Result<void> sync_folder(const std::string& folder);

// The name of a file system on which several machines share files, or a machine and its host, by the number that
// statfs(2) gives it: shared memory and locks of SQLite do not reach the others there. Nothing for all others.
[[nodiscard]] std::optional<std::string> unsupported_file_system(std::uint64_t magic);

// For people: "ext4", else the number of statfs(2) in hexadecimal, else "unknown".
[[nodiscard]] std::string file_system_name(const std::string& path);

}  // namespace penny::base
