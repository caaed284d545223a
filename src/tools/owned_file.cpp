#include "tools/owned_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::tools {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

std::unexpected<Error> refuse_errno(const std::string& path, int number) {
  const bool is_missing = number == ENOENT || number == ENOTDIR;
  const bool is_forbidden = number == EACCES || number == EPERM || number == ELOOP;
  const ErrorCode code = is_missing     ? ErrorCode::kNotFound
                         : is_forbidden ? ErrorCode::kNoPermission
                                        : ErrorCode::kStorageFailed;
  return base::fail(code, fmt::format("{} cannot be read: {}", path, std::strerror(number)),
                    is_missing ? "make it, or name another one" : "give yourself the right to read it", "path");
}

Result<void> check_owner(const struct stat& status, const std::string& path) {
  if (base::proof::is_planted("configuration_of_others_accepted")) return {};
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return base::fail(ErrorCode::kNoPermission, fmt::format("{} belongs to another user (uid {})", path, status.st_uid),
                      "make it your own with chown, or copy it", "path");
  }
  const bool is_sticky_folder = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !is_sticky_folder) {
    return base::fail(ErrorCode::kNoPermission,
                      fmt::format("{} may be written by others (mode {:04o})", path, status.st_mode & 07777U),
                      fmt::format("look whether they did, then: chmod go-w {}", path), "path");
  }
  return {};
}

Result<void> check_folder(const std::filesystem::path& file) {
  const std::string folder = file.has_parent_path() ? file.parent_path().string() : ".";
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) return refuse_errno(folder, errno);
  return check_owner(status, folder);
}

}  // namespace

Result<std::string> read_owned_file(const std::string& path, std::size_t bytes_max) {
  if (path.empty() || path.find('\0') != std::string::npos) {
    return base::fail(ErrorCode::kInvalid, "the name of the file is empty or holds a NUL", "name a file", "path");
  }
  std::error_code error;
  const std::filesystem::path resolved = std::filesystem::canonical(path, error);
  if (error) return refuse_errno(path, error.value());
  for (const std::filesystem::path& place : {std::filesystem::path(path), resolved}) {
    if (auto checked = check_folder(place); !checked) return std::unexpected(checked.error());
  }
  // Without O_NONBLOCK opening a pipe waits for who writes it.
  const Descriptor file(::open(resolved.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.number() < 0) return refuse_errno(path, errno);
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return refuse_errno(path, errno);
  if (!S_ISREG(status.st_mode)) {
    return base::fail(ErrorCode::kInvalid, fmt::format("{} is no regular file", path), "name a file", "path");
  }
  if (auto checked = check_owner(status, path); !checked) return std::unexpected(checked.error());
  std::string text;
  std::array<char, 16384> block{};
  while (text.size() <= bytes_max) {
    const ssize_t size = ::read(file.number(), block.data(), block.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return refuse_errno(path, errno);
    if (size == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(size));
  }
  return base::fail(ErrorCode::kInvalid, fmt::format("{} has more than {} bytes", path, bytes_max), "shorten it",
                    "path");
}

}  // namespace penny::tools
