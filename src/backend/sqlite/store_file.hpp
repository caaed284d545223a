#pragma once

// The file of a store: made once, under the gate, and recognised at every open.
//
// 1. Nobody ever opens a store file that is not in WAL mode: it is made under a temporary name by one connection,
//    switched to WAL, synced, closed and renamed.
// 2. A `-wal` without its database is data: nothing is made beside it.

#include <cstdint>
#include <optional>
#include <string>

#include <penny/error.hpp>

#include "base/file_system.hpp"

namespace penny::backend::sqlite {

struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

[[nodiscard]] std::optional<FileIdentity> identity_of(const std::string& path);

struct StoreFile {
  base::StorePaths paths;
  std::string store_id;  // 16 bytes
  std::uint32_t schema_version = 0;
  FileIdentity database;
  FileIdentity wal;
  bool has_something_to_erase =
      false;  // as it was opened: an erase was interrupted, or ids are remembered for too long

  // Still the files that were opened? Otherwise somebody deleted or replaced one, and what is written now would be
  // lost.
  [[nodiscard]] Result<void> check_same_files() const;

  // The same for the database alone. A log that another SQLite emptied and made anew, while nobody had the store open,
  // is as good.
  [[nodiscard]] Result<void> check_same_database() const;
};

// What a store says of itself.
struct StoreIdentity {
  std::string store_id;  // 16 bytes
  std::uint32_t schema_version = 0;
};

// Writes what the kernel holds of the file, or of the folder, to the disk. `kNoPermission`, `kNoSpace`.
Result<void> sync_file(const std::string& path);

// Makes the store if it is not there. Call it inside the gate. `kNoSpace`, `kNoPermission`, `kDamaged` (a log without
// its database).
Result<void> create_store(const base::StorePaths& paths);

// Looks at the file's first bytes alone: `kNotFound`, `kNotAStore`, `kDamaged` (not in WAL mode), `kNoPermission`. Makes
// and changes nothing.
Result<void> recognise_store(const base::StorePaths& paths);

// Recognises the store: `kNotFound`, `kNotAStore`, `kNewerSchema`, `kDamaged`, `kNoPermission`. Recovers its log if the
// machine or a process went down.
[[nodiscard]] Result<StoreFile> open_store(const base::StorePaths& paths);

// The same to read only: makes, locks and recovers nothing, and takes a newer schema too. With `is_quiet` nobody has it
// open; see quiet_files.hpp.
[[nodiscard]] Result<StoreFile> open_store_to_read(const base::StorePaths& paths, bool is_quiet);

// Of a file that nobody has open, and that stays as it is. As `open_store`, `kNewerSchema` too.
[[nodiscard]] Result<StoreIdentity> read_identity(const base::StorePaths& paths);

// The errors of opening and upgrading: a newer schema, and a full disk, which is then about space and not about an operation.
[[nodiscard]] std::unexpected<Error> newer_schema(const std::string& path, std::int64_t version);
[[nodiscard]] Error while_opening(Error error);

}  // namespace penny::backend::sqlite
