#include "cli/stress/run_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include <fmt/core.h>

namespace penny::cli::stress {

Result<RunFolder> RunFolder::make(const std::filesystem::path& parent) {
  constexpr mode_t kOwnerOnly = 0700;
  const bool made_parent = mkdir(parent.c_str(), kOwnerOnly) == 0;
  std::string name = (parent / "stress-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    return std::unexpected(Error{.code = errno == ENOSPC ? ErrorCode::kNoSpace : ErrorCode::kNoPermission,
                                 .message = fmt::format("cannot make the folder {}: {}", name, std::strerror(errno)),
                                 .advice = "Go to a folder that you may write, or name a place with --store.",
                                 .field = {}});
  }
  return RunFolder(std::filesystem::path(name), made_parent);
}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})), made_parent_(other.made_parent_), is_kept_(other.is_kept_) {}

RunFolder::~RunFolder() {
  if (path_.empty() || is_kept_) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  if (made_parent_) rmdir(path_.parent_path().c_str());
}

}  // namespace penny::cli::stress
