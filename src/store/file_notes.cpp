#include "store/file_notes.hpp"

#include <array>
#include <optional>

#include <fmt/core.h>
#include <sys/stat.h>

namespace penny::store {
namespace {

constexpr mode_t kOfOthers = S_IRWXG | S_IRWXO;

}  // namespace

void add_file_notes(const base::StorePaths& paths, std::vector<std::string>& notes) {
  const std::array files{
      paths.database,       paths.wal, paths.shm, paths.gate, paths.bell, paths.search, paths.search + "-wal",
      paths.search + "-shm"};
  std::optional<uid_t> owner;
  for (const std::string& path : files) {
    struct stat status{};
    if (lstat(path.c_str(), &status) != 0) continue;
    if (!owner) owner = status.st_uid;
    if (!S_ISREG(status.st_mode)) {
      notes.push_back(fmt::format("{} is no regular file", path));
      continue;
    }
    if ((status.st_mode & kOfOthers) != 0)
      notes.push_back(fmt::format("{} has mode {:04o}: others may use it; chmod 600", path, status.st_mode & 07777U));
    if (status.st_nlink > 1)
      notes.push_back(fmt::format("{} has {} names: remove the other hard links", path, status.st_nlink));
    if (status.st_uid != *owner)
      notes.push_back(fmt::format("{} belongs to user {}, and the store to user {}", path, status.st_uid, *owner));
  }
}

}  // namespace penny::store
