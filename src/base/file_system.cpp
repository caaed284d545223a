#include "base/file_system.hpp"

#include <fcntl.h>
#include <linux/limits.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::base {
namespace {

// Room behind the database's name for the longest suffix and for temporary names.
constexpr std::size_t kSuffixBytesMax = 32;
constexpr std::size_t kFileNameBytesMax = NAME_MAX - kSuffixBytesMax;
constexpr std::size_t kPathBytesMax = PATH_MAX - 1 - kSuffixBytesMax;

constexpr mode_t kWritableByOthers = S_IWGRP | S_IWOTH;

std::unexpected<Error> refuse(ErrorCode code, std::string message, std::string advice) {
  return fail(code, std::move(message), std::move(advice), "path");
}

// What a system call refused, as far as the caller can do something about it.
std::unexpected<Error> refuse_errno(int error, std::string_view what, const std::string& path) {
  std::string message = fmt::format("{} {}: {}", what, path, std::strerror(error));
  switch (error) {
    case EACCES:
    case EPERM:
      return refuse(ErrorCode::kNoPermission, std::move(message),
                    "run as the owner of the folder, or name another path");
    case EROFS:
      return refuse(ErrorCode::kNoPermission, std::move(message), "name a path on a file system that can be written");
    case ENOSPC:
    case EDQUOT:
      return refuse(ErrorCode::kNoSpace, std::move(message), "free some space, or name a path on another disk");
    case ENOTDIR:
      return refuse(ErrorCode::kInvalid, std::move(message), "a part of the path is a file; name another path");
    case ELOOP:
      return refuse(ErrorCode::kInvalid, std::move(message), "its symbolic links go in a circle; name another path");
    case ENAMETOOLONG:
      return refuse(ErrorCode::kInvalid, fmt::format("{} ({} bytes)", message, path.size()), "name a shorter path");
    default:
      return refuse(ErrorCode::kStorageFailed, std::move(message), "look at the disk and the system's log");
  }
}

std::string file_name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  const std::size_t end = path.find_last_not_of('/', slash);
  return end == std::string::npos ? "/" : path.substr(0, end + 1);
}

Result<void> check_path_text(const std::string& path) {
  if (path.empty())
    return refuse(ErrorCode::kInvalid, "path has 0 bytes; it needs at least 1", "name the store's file");
  if (path.find('\0') != std::string::npos) {
    return refuse(ErrorCode::kInvalid, fmt::format("path holds a NUL; it has {} bytes", path.size()),
                  "name a path without NUL");
  }
  if (path.size() > kPathBytesMax) {
    return refuse(ErrorCode::kInvalid, fmt::format("path has {} bytes; the limit is {}", path.size(), kPathBytesMax),
                  "name a shorter path");
  }
  const std::string name = file_name_of(path);
  if (name.empty() || name == "." || name == "..") {
    return refuse(ErrorCode::kInvalid, fmt::format("path {} names a folder", path),
                  "name a file in it, for example memory.db");
  }
  if (name.size() > kFileNameBytesMax) {
    return refuse(ErrorCode::kInvalid,
                  fmt::format("path's file name has {} bytes; the limit is {}", name.size(), kFileNameBytesMax),
                  "name a shorter file");
  }
  return {};
}

Result<std::string> resolve(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
  if (resolved == nullptr) return refuse_errno(errno, "cannot resolve", path);
  return std::string(resolved.get());
}

Result<void> check_file_system(const std::string& path) {
  struct statfs status{};
  if (::statfs(path.c_str(), &status) != 0) return refuse_errno(errno, "cannot look at the file system of", path);
  const auto magic = static_cast<std::uint32_t>(status.f_type);
  if (const auto name = unsupported_file_system(magic)) {
    return refuse(
        ErrorCode::kUnsupportedFileSystem,
        fmt::format("{} is on {}, where other machines' locks and shared memory do not reach us", path, *name),
        "name a path on a local disk, for example ext4, xfs or btrfs");
  }
  return {};
}

// A process that was killed may have made the folder and not synced the one that holds its name. Nothing to do if that is another
// file system's, or not ours to read: then no process of ours made it.
Result<void> sync_name_of_folder(const std::string& folder, const struct stat& status) {
  const std::string parent = parent_of(folder);
  struct stat holder{};
  if (::stat(parent.c_str(), &holder) != 0 || holder.st_dev != status.st_dev) return {};
  if (::faccessat(AT_FDCWD, parent.c_str(), R_OK, AT_EACCESS) != 0) return {};
  return sync_folder(parent);
}

// Other processes may be making the same folders.
Result<void> make_folder_with_parents(const std::string& folder) {
  std::vector<std::string> missing;
  std::string existing = folder;
  struct stat status{};
  while (::stat(existing.c_str(), &status) != 0) {
    if (errno != ENOENT) return refuse_errno(errno, "cannot look at the folder", existing);
    missing.push_back(existing);
    existing = parent_of(existing);
  }
  if (auto synced = sync_name_of_folder(existing, status); !synced) return synced;
  if (missing.empty()) return {};
  // Nothing is made where the store would be refused in the end.
  if (auto checked = check_file_system(existing); !checked) return checked;
  for (auto next = missing.rbegin(); next != missing.rend(); ++next) {
    if (::mkdir(next->c_str(), S_IRWXU) != 0 && errno != EEXIST) {
      return refuse_errno(errno, "cannot make the folder", *next);
    }
    if (auto synced = sync_folder(parent_of(*next)); !synced) return synced;
  }
  return {};
}

Result<void> check_owner_and_mode(const struct stat& status, std::string_view what, const std::string& path) {
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return refuse(
        ErrorCode::kNoPermission,
        fmt::format("the {} {} belongs to user {}, and we are user {}", what, path, status.st_uid, ::geteuid()),
        fmt::format("run as the owner of the {}, or name another path", what));
  }
  if ((status.st_mode & kWritableByOthers) != 0) {
    return refuse(ErrorCode::kNoPermission,
                  fmt::format("other users can write the {} {} (mode {:04o})", what, path, status.st_mode & 07777U),
                  fmt::format("chmod go-w \"{}\", or name another path", path));
  }
  return {};
}

Result<void> check_access(int wanted, std::string_view what, const std::string& path) {
  if (::faccessat(AT_FDCWD, path.c_str(), wanted, AT_EACCESS) == 0) return {};
  return refuse_errno(errno, fmt::format("we may not write the {}", what), path);
}

Result<void> check_folder(const std::string& folder) {
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) return refuse_errno(errno, "cannot look at the folder", folder);
  if (auto checked = check_file_system(folder); !checked) return checked;
  if (auto checked = check_owner_and_mode(status, "folder", folder); !checked) return checked;
  return check_access(R_OK | W_OK | X_OK, "folder", folder);
}

Result<void> check_names(const std::string& path, const struct stat& status) {
  if (status.st_nlink <= 1 || proof::is_planted("hard_link_accepted")) return {};
  return refuse(ErrorCode::kHardLinked, fmt::format("the file {} has {} names; the limit is 1", path, status.st_nlink),
                "a second name would have a second write-ahead log: remove the other hard links, or copy the file");
}

Result<void> check_file(const std::string& path, const struct stat& status) {
  // Its own, since a single file can be a mount.
  if (auto checked = check_file_system(path); !checked) return checked;
  if (auto checked = check_names(path, status); !checked) return checked;
  if (auto checked = check_owner_and_mode(status, "file", path); !checked) return checked;
  return check_access(R_OK | W_OK, "file", path);
}

StorePaths paths_of(std::string database) {
  StorePaths paths;
  paths.directory = parent_of(database);
  paths.wal = database + "-wal";
  paths.shm = database + "-shm";
  paths.gate = database + "-gate";
  paths.bell = database + "-bell";
  paths.search = database + "-search";
  paths.ballast = database + "-ballast";
  paths.database = std::move(database);
  return paths;
}

// Absolute name of a file that need not be there, in a folder that is.
Result<std::string> resolve_new_file(const std::string& path) {
  auto folder = resolve(parent_of(path));
  if (!folder) return folder;
  if (folder->back() != '/') folder->push_back('/');
  return *folder + file_name_of(path);
}

// Mount points are written with \040 for a space, and so on.
std::string unescape_mount_point(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      const auto digit = [&](std::size_t place) { return static_cast<unsigned>(text[place] - '0'); };
      plain.push_back(static_cast<char>((digit(i + 1) << 6) | (digit(i + 2) << 3) | digit(i + 3)));
      i += 3;
    } else {
      plain.push_back(text[i]);
    }
  }
  return plain;
}

bool is_below(const std::string& path, const std::string& mount_point) {
  if (mount_point == "/") return true;
  return path.starts_with(mount_point) && (path.size() == mount_point.size() || path[mount_point.size()] == '/');
}

// The type of the mount that holds `path`, by /proc/self/mountinfo. Empty if it is not found.
std::string mounted_type(const std::string& path) {
  std::ifstream mounts("/proc/self/mountinfo");
  std::string best;
  std::size_t best_length = 0;
  for (std::string line; std::getline(mounts, line);) {
    // id, parent, device, root, mount point, options, ..., "-", type, source, options
    std::istringstream words(line);
    std::string skipped;
    std::string mount_point;
    words >> skipped >> skipped >> skipped >> skipped >> mount_point;
    const std::size_t separator = line.find(" - ");
    if (!words || separator == std::string::npos) continue;
    mount_point = unescape_mount_point(mount_point);
    // Of two mounts at one place the later one is seen.
    if (!is_below(path, mount_point) || mount_point.size() < best_length) continue;
    best_length = mount_point.size();
    const std::size_t type = separator + 3;
    best = line.substr(type, line.find(' ', type) - type);
  }
  return best;
}

}  // namespace

Result<StorePaths> prepare_paths(const std::string& path, bool create) {
  if (auto checked = check_path_text(path); !checked) return std::unexpected(checked.error());
  struct stat status{};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (!exists) {
    if (errno != ENOENT) return refuse_errno(errno, "cannot look at", path);
    struct stat link{};
    if (::lstat(path.c_str(), &link) == 0 && S_ISLNK(link.st_mode)) {
      return refuse(ErrorCode::kInvalid, fmt::format("path {} is a symbolic link to nothing", path),
                    "name the file itself, or remove the link");
    }
    if (!create) {
      return refuse(ErrorCode::kNotFound, fmt::format("there is no store at {}", path),
                    "look at the path, or let the store be created");
    }
    if (auto made = make_folder_with_parents(parent_of(path)); !made) return std::unexpected(made.error());
  } else if (S_ISDIR(status.st_mode)) {
    return refuse(ErrorCode::kInvalid, fmt::format("path {} is a folder", path),
                  "name a file in it, for example memory.db");
  } else if (!S_ISREG(status.st_mode)) {
    return refuse(ErrorCode::kInvalid, fmt::format("path {} is no regular file", path), "name another path");
  }
  auto database = exists ? resolve(path) : resolve_new_file(path);
  if (!database) return std::unexpected(database.error());
  if (auto checked = check_path_text(*database); !checked) return std::unexpected(checked.error());
  StorePaths paths = paths_of(std::move(*database));
  if (auto checked = check_folder(paths.directory); !checked) return std::unexpected(checked.error());
  if (exists) {
    if (auto checked = check_file(paths.database, status); !checked) return std::unexpected(checked.error());
  }
  return paths;
}

Result<StorePaths> find_paths(const std::string& path) {
  if (auto checked = check_path_text(path); !checked) return std::unexpected(checked.error());
  auto database = resolve(path);
  struct stat status{};
  if (!database && ::stat(path.c_str(), &status) != 0 && errno == ENOENT)
    return refuse(ErrorCode::kNotFound, fmt::format("there is no store at {}", path), "look at the path");
  if (!database) return std::unexpected(database.error());
  if (::stat(database->c_str(), &status) != 0) return refuse_errno(errno, "cannot look at", path);
  if (!S_ISREG(status.st_mode))
    return refuse(ErrorCode::kInvalid, fmt::format("path {} is no regular file", path), "name another path");
  StorePaths paths = paths_of(std::move(*database));
  if (auto checked = check_file_system(paths.database); !checked) return std::unexpected(checked.error());
  if (auto checked = check_names(paths.database, status); !checked) return std::unexpected(checked.error());
  if (::faccessat(AT_FDCWD, paths.database.c_str(), R_OK, AT_EACCESS) != 0)
    return refuse_errno(errno, "we may not read the file", paths.database);
  return paths;
}

Result<void> sync_folder(const std::string& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return refuse_errno(errno, "cannot open the folder", folder);
  const int error = ::fsync(file) == 0 ? 0 : errno;
  ::close(file);
  if (error != 0) return refuse_errno(error, "cannot sync the folder", folder);
  return {};
}

std::optional<std::string> unsupported_file_system(std::uint64_t magic) {
  // statfs(2) and the kernel's linux/magic.h; the last ones from their drivers.
  static constexpr std::array<std::pair<std::uint64_t, std::string_view>, 20> kShared{{
      {0x6969, "nfs"},        {0x517b, "smb"},        {0xff534d42, "cifs"},   {0xfe534d42, "smb2"},
      {0x01021997, "9p"},     {0x65735546, "fuse"},  // sshfs and the like, and virtiofs
      {0x5346414f, "afs"},    {0x6b414653, "kafs"},   {0x73757245, "coda"},   {0x00c36400, "ceph"},
      {0x7461636f, "ocfs2"},  {0x01161970, "gfs2"},   {0x0bd00bd0, "lustre"}, {0x564c, "ncp"},
      {0x786f4256, "vboxsf"}, {0x00c0ffee, "hostfs"}, {0xbacbacbc, "vmhgfs"}, {0x7c7c6673, "prl_fs"},
      {0x47504653, "gpfs"},   {0x19830326, "beegfs"},
  }};
  const auto found =
      std::find_if(kShared.begin(), kShared.end(), [&](const auto& entry) { return entry.first == magic; });
  if (found == kShared.end()) return std::nullopt;
  return std::string(found->second);
}

std::string file_system_name(const std::string& path) {
  const auto resolved = resolve(path);
  if (!resolved) return "unknown";
  if (std::string type = mounted_type(*resolved); !type.empty()) return type;
  struct statfs status{};
  if (::statfs(resolved->c_str(), &status) != 0) return "unknown";
  return fmt::format("{:#x}", static_cast<std::uint32_t>(status.f_type));
}

}  // namespace penny::base
