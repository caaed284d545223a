#include "backend/sqlite/same_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace penny::backend::sqlite {

Result<void> SameFiles::check() {
  const auto folder = look_at_folder();
  if (folder && folder == known_) return {};
  known_.reset();
  if (auto same = file_.check_same_files(); !same) return same;
  if (folder && std::chrono::system_clock::now().time_since_epoch() - folder->changed > settled_after_) known_ = folder;
  return {};
}

std::optional<SameFiles::Folder> SameFiles::look_at_folder() const {
  struct statx status{};
  if (statx(AT_FDCWD, file_.paths.directory.c_str(), 0, STATX_INO | STATX_CTIME, &status) != 0) return std::nullopt;
  if ((status.stx_mask & STATX_CTIME) == 0) return std::nullopt;
  return Folder{
      .identity = {.device = makedev(status.stx_dev_major, status.stx_dev_minor), .inode = status.stx_ino},
      .changed = std::chrono::seconds(status.stx_ctime.tv_sec) + std::chrono::nanoseconds(status.stx_ctime.tv_nsec)};
}

}  // namespace penny::backend::sqlite
