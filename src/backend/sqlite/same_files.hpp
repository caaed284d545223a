#pragma once

// Whether the files of a store are still the ones that were opened, asked twice for each commit and so with one look at
// the folder: only if something in it was made, renamed or deleted since the last look are the files themselves looked at.

#include <chrono>
#include <optional>

#include "backend/sqlite/store_file.hpp"

namespace penny::backend::sqlite {

class SameFiles {
 public:
  // A folder's time of change is as coarse as the kernel's tick (at most 10 ms; 2 s on some file systems). Of two changes in
  // one tick the second would not show, so a folder is trusted only when its change lies this far behind. `file` outlives it.
  explicit SameFiles(const StoreFile& file, std::chrono::nanoseconds settled_after = std::chrono::seconds(2))
      : file_(file), settled_after_(settled_after) {}

  // See `StoreFile::check_same_files`.
  [[nodiscard]] Result<void> check();

 private:
  struct Folder {
    FileIdentity identity;
    std::chrono::nanoseconds changed{};  // since 1970
    bool operator==(const Folder&) const = default;
  };

  [[nodiscard]] std::optional<Folder> look_at_folder() const;

  const StoreFile& file_;
  const std::chrono::nanoseconds settled_after_;
  std::optional<Folder> known_;  // the folder in which the files were the right ones
};

}  // namespace penny::backend::sqlite
