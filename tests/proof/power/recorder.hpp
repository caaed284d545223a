#pragma once

// Records what this process does to the files of one folder. calls.cpp defines the functions of libc that change files; while
// a recording is on they come through here, else they only pass.
//
// 1. A call and its entry are one step: entries stand in the order in which the kernel saw the calls.
// 2. Files are told apart by what the kernel calls them (inode), so descriptors may be shared and duplicated.
// 3. A sync takes a while, as a disk's does: whoever is answered before it has ended is seen to be so.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <sys/types.h>

#include "proof/power/trace.hpp"

namespace penny::proof::power {

class Recorder {
 public:
  [[nodiscard]] static Recorder& instance();

  // One recording at a time in this process. What stands in the folder now must be what `trace` ends with: the recording goes
  // on from there. `stop`: once everything that the recorded code opened is closed.
  void start(const std::string& folder, Trace trace, const Names& names);
  [[nodiscard]] Trace stop();

  // Any thread. The number of entries so far.
  [[nodiscard]] std::size_t position();
  void keep_page(std::string bytes, std::optional<store::Anchor> anchor);

  // For calls.cpp alone.
  [[nodiscard]] bool is_on() const { return is_on_.load(std::memory_order_acquire); }
  int open(int folder, const char* path, int flags, mode_t mode);
  ssize_t write(int file, const void* bytes, std::size_t size, std::optional<off_t> offset);
  int resize(int file, off_t size);
  int grow(int file, off_t offset, off_t size);
  int sync(int file, bool is_data_only);
  int rename(const char* from, const char* to);
  int unlink(const char* path);
  int make_folder(const char* path, mode_t mode);

 private:
  using Inode = ino_t;
  // The place below the recorded folder; nothing if it is elsewhere or not traced.
  [[nodiscard]] std::optional<std::string> place_of(const char* path) const;
  [[nodiscard]] std::optional<FileId> file_of(int file) const;

  std::atomic<bool> is_on_{false};  // the release makes what `start` prepared visible to whoever sees true
  std::mutex mutex_;                // guards the rest
  std::string folder_;
  dev_t device_ = 0;
  Trace trace_;
  FileId next_file_ = 0;
  std::map<Inode, FileId> files_;
  std::map<Inode, std::string> folders_;
  std::map<FileId, std::string> paths_;
};

}  // namespace penny::proof::power
