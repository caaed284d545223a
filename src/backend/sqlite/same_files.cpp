#include "backend/sqlite/same_files.hpp"

#include <chrono>

#include <fcntl.h>
#include <sys/sysmacros.h>

namespace penny::backend::sqlite {
namespace {

// A folder's time of change is as coarse as the kernel's tick. Of two changes in one tick the second would not show, so a
// folder is known only when its change lies well behind.
constexpr std::int64_t kSettledSeconds = 2;

std::int64_t wall_clock_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

Result<void> SameFiles::check() {
  const auto folder = look_at_folder();
  if (folder && folder == known_) return {};
  known_.reset();
  if (auto same = file_.check_same_files(); !same) return same;
  if (folder && wall_clock_seconds() - folder->changed_s > kSettledSeconds) known_ = folder;
  return {};
}

std::optional<SameFiles::Folder> SameFiles::look_at_folder() const {
  struct statx status{};
  if (statx(AT_FDCWD, file_.paths.directory.c_str(), 0, STATX_INO | STATX_CTIME, &status) != 0) return std::nullopt;
  if ((status.stx_mask & STATX_CTIME) == 0) return std::nullopt;
  return Folder{.identity = {.device = makedev(status.stx_dev_major, status.stx_dev_minor), .inode = status.stx_ino},
                .changed_s = status.stx_ctime.tv_sec,
                .changed_ns = status.stx_ctime.tv_nsec};
}

}  // namespace penny::backend::sqlite
