#pragma once

// Small file systems of our own, seen by this process alone and gone with it.

#include <cstddef>
#include <string>

namespace penny::proof::faults {

// Gives this process mounts of its own. Empty: done; else why not ("not root").
[[nodiscard]] std::string leave_mount_namespace();

enum class FileSystem : unsigned char { kTmpfs, kExt4 };

class SmallDisk {
 public:
  // Mounts a new one of some megabytes. Throws if that fails.
  SmallDisk(FileSystem kind, const std::string& folder);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] std::string database() const { return mounted_ + "/store/memory.db"; }
  [[nodiscard]] std::string store_folder() const { return mounted_ + "/store"; }

  void sync();
  // Takes every free byte, and gives them back.
  void fill();
  void make_space();
  void set_read_only(bool is_read_only);
  // As the kernel does when it finds the disk's metadata broken: nothing can be written until it is mounted anew. ext4 only.
  void abort_writes();
  void mount_anew();  // no file is open

 private:
  void mount();
  void unmount();

  FileSystem kind_;
  std::string image_;
  std::string mounted_;
};

}  // namespace penny::proof::faults
