#pragma once

// Whether the files of a store are still the ones that were opened, asked twice for each commit and so with one look at
// the folder: only if something in it was made, renamed or deleted since the last look are the files themselves looked at.

#include <cstdint>
#include <optional>

#include <sys/stat.h>

#include "backend/sqlite/store_file.hpp"

namespace penny::backend::sqlite {

class SameFiles {
 public:
  explicit SameFiles(const StoreFile& file) : file_(file) {}

  // See `StoreFile::check_same_files`.
  [[nodiscard]] Result<void> check();

 private:
  struct Folder {
    FileIdentity identity;
    std::int64_t changed_s = 0;
    std::uint32_t changed_ns = 0;
    bool operator==(const Folder&) const = default;
  };

  [[nodiscard]] std::optional<Folder> look_at_folder() const;

  const StoreFile& file_;
  std::optional<Folder> known_;  // the folder in which the files were the right ones
};

}  // namespace penny::backend::sqlite
