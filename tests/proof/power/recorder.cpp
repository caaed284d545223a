#include "proof/power/recorder.hpp"

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include "proof/power/system_calls.hpp"

namespace penny::proof::power {
namespace {

constexpr std::chrono::microseconds kSyncTakes{200};

ino_t inode_of(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) throw std::runtime_error(fmt::format("{} is not there", path));
  return status.st_ino;
}

bool is_there(const char* path) {
  struct stat status{};
  const int error = errno;
  const bool found = stat(path, &status) == 0;
  errno = error;
  return found;
}

}  // namespace

Recorder& Recorder::instance() {
  static Recorder recorder;
  return recorder;
}

void Recorder::start(const std::string& folder, Trace trace, const Names& names) {
  const std::lock_guard lock(mutex_);
  if (is_on()) throw std::logic_error("a recording is on already");
  folder_ = folder;
  struct stat status{};
  if (stat(folder.c_str(), &status) != 0) throw std::runtime_error(fmt::format("{} is not there", folder));
  device_ = status.st_dev;
  trace_ = std::move(trace);
  next_file_ = static_cast<FileId>(trace_.base.size());
  for (const Entry& entry : trace_.entries) {
    if (entry.kind == EntryKind::kName && entry.file != kFolder) next_file_ = std::max(next_file_, entry.file + 1);
  }
  files_.clear();
  paths_.clear();
  folders_ = {{status.st_ino, ""}};
  for (const auto& [path, file] : names) {
    const Inode inode = inode_of(folder_ + "/" + path);
    if (file == kFolder) {
      folders_[inode] = path;
    } else {
      files_[inode] = file;
      paths_[file] = path;
    }
  }
  is_on_.store(true, std::memory_order_release);
}

Trace Recorder::stop() {
  const std::lock_guard lock(mutex_);
  is_on_.store(false, std::memory_order_release);
  return std::exchange(trace_, {});
}

std::size_t Recorder::position() {
  const std::lock_guard lock(mutex_);
  return trace_.entries.size();
}

void Recorder::keep_page(std::string bytes, std::optional<store::Anchor> anchor) {
  const std::lock_guard lock(mutex_);
  trace_.pages.push_back({.position = trace_.entries.size(), .bytes = std::move(bytes), .anchor = anchor});
}

std::optional<std::string> Recorder::place_of(const char* path) const {
  const std::string_view whole(path);
  if (whole.size() <= folder_.size() || !whole.starts_with(folder_) || whole[folder_.size()] != '/')
    return std::nullopt;
  std::string place(whole.substr(folder_.size() + 1));
  if (!is_traced(place)) return std::nullopt;
  return place;
}

std::optional<FileId> Recorder::file_of(int file) const {
  struct stat status{};
  const int error = errno;
  const bool is_known = fstat(file, &status) == 0 && status.st_dev == device_;
  errno = error;
  if (!is_known) return std::nullopt;
  const auto found = files_.find(status.st_ino);
  return found == files_.end() ? std::nullopt : std::optional(found->second);
}

int Recorder::open(int folder, const char* path, int flags, mode_t mode) {
  const std::lock_guard lock(mutex_);
  const bool may_change = (flags & (O_CREAT | O_TRUNC)) != 0 && (flags & O_DIRECTORY) == 0;
  const auto place = is_on() && may_change ? place_of(path) : std::nullopt;
  const bool is_new = place && !is_there(path);
  const int file = system_calls::open(folder, path, flags, mode);
  if (file < 0 || !place) return file;
  if (is_new) {
    struct stat status{};
    if (fstat(file, &status) != 0) throw std::runtime_error("a new file cannot be looked at");
    files_[status.st_ino] = next_file_;
    paths_[next_file_] = *place;
    trace_.entries.push_back(
        {.kind = EntryKind::kName, .file = next_file_, .offset = 0, .bytes = {}, .path = *place, .new_path = {}});
    ++next_file_;
  } else if ((flags & O_TRUNC) != 0) {
    if (const auto known = file_of(file)) {
      trace_.entries.push_back(
          {.kind = EntryKind::kResize, .file = *known, .offset = 0, .bytes = {}, .path = *place, .new_path = {}});
    }
  }
  return file;
}

ssize_t Recorder::write(int file, const void* bytes, std::size_t size, std::optional<off_t> offset) {
  const std::lock_guard lock(mutex_);
  const auto known = is_on() ? file_of(file) : std::nullopt;
  const off_t at = offset ? *offset : known ? system_calls::where(file) : 0;
  const ssize_t written =
      offset ? system_calls::write_at(file, bytes, size, at) : system_calls::write(file, bytes, size);
  if (known && written > 0) {
    trace_.entries.push_back({.kind = EntryKind::kWrite,
                              .file = *known,
                              .offset = static_cast<std::uint64_t>(at),
                              .bytes = std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(written)),
                              .path = paths_[*known],
                              .new_path = {}});
  }
  return written;
}

int Recorder::resize(int file, off_t size) {
  const std::lock_guard lock(mutex_);
  const auto known = is_on() ? file_of(file) : std::nullopt;
  const int code = system_calls::resize(file, size);
  if (known && code == 0) {
    trace_.entries.push_back({.kind = EntryKind::kResize,
                              .file = *known,
                              .offset = static_cast<std::uint64_t>(size),
                              .bytes = {},
                              .path = paths_[*known],
                              .new_path = {}});
  }
  return code;
}

int Recorder::grow(int file, off_t offset, off_t size) {
  const std::lock_guard lock(mutex_);
  const auto known = is_on() ? file_of(file) : std::nullopt;
  struct stat before{};
  if (known) fstat(file, &before);
  const int code = system_calls::grow(file, offset, size);
  if (known && code == 0 && before.st_size < offset + size) {
    trace_.entries.push_back({.kind = EntryKind::kResize,
                              .file = *known,
                              .offset = static_cast<std::uint64_t>(offset + size),
                              .bytes = {},
                              .path = paths_[*known],
                              .new_path = {}});
  }
  return code;
}

int Recorder::sync(int file, bool is_data_only) {
  bool is_ours = false;
  {
    const std::lock_guard lock(mutex_);
    is_ours = is_on() && file_of(file).has_value();
  }
  if (is_ours) std::this_thread::sleep_for(kSyncTakes);
  const std::lock_guard lock(mutex_);
  const int code = system_calls::sync(file, is_data_only);
  if (!is_on() || code != 0) return code;
  if (const auto known = file_of(file)) {
    trace_.entries.push_back(
        {.kind = EntryKind::kSync, .file = *known, .offset = 0, .bytes = {}, .path = paths_[*known], .new_path = {}});
    return code;
  }
  struct stat status{};
  if (fstat(file, &status) != 0 || status.st_dev != device_ || !S_ISDIR(status.st_mode)) return code;
  if (const auto folder = folders_.find(status.st_ino); folder != folders_.end()) {
    trace_.entries.push_back({.kind = EntryKind::kSyncFolder,
                              .file = kFolder,
                              .offset = 0,
                              .bytes = {},
                              .path = folder->second,
                              .new_path = {}});
  }
  return code;
}

int Recorder::rename(const char* from, const char* to) {
  const std::lock_guard lock(mutex_);
  const auto old_place = is_on() ? place_of(from) : std::nullopt;
  const auto new_place = is_on() ? place_of(to) : std::nullopt;
  const int code = system_calls::rename(from, to);
  if (code != 0 || (!old_place && !new_place)) return code;
  if (!old_place || !new_place) throw std::logic_error("a file came from or went to where the recording does not look");
  const FileId file = files_.at(inode_of(to));
  paths_[file] = *new_place;
  trace_.entries.push_back(
      {.kind = EntryKind::kRename, .file = file, .offset = 0, .bytes = {}, .path = *old_place, .new_path = *new_place});
  return code;
}

int Recorder::unlink(const char* path) {
  const std::lock_guard lock(mutex_);
  const auto place = is_on() ? place_of(path) : std::nullopt;
  const int code = system_calls::unlink(path);
  if (code == 0 && place) {
    trace_.entries.push_back(
        {.kind = EntryKind::kUnname, .file = kUnknownFile, .offset = 0, .bytes = {}, .path = *place, .new_path = {}});
  }
  return code;
}

int Recorder::make_folder(const char* path, mode_t mode) {
  const std::lock_guard lock(mutex_);
  const auto place = is_on() ? place_of(path) : std::nullopt;
  const int code = system_calls::make_folder(path, mode);
  if (code == 0 && place) {
    folders_[inode_of(path)] = *place;
    trace_.entries.push_back(
        {.kind = EntryKind::kName, .file = kFolder, .offset = 0, .bytes = {}, .path = *place, .new_path = {}});
  }
  return code;
}

}  // namespace penny::proof::power
