#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

namespace penny::test {

// The files of the store that this process has open, by what /proc/self/fd says. Mappings do not count: they hold no
// lock.
inline std::vector<std::string> open_store_files(const std::string& database) {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    const std::string target = std::filesystem::read_symlink(entry.path(), ignored).string();
    if (target.starts_with(database)) found.push_back(target);
  }
  return found;
}

}  // namespace penny::test
