#pragma once

// A file system of its own, of some size, that can be filled and mounted read-only. Needs root; a test asks first.

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

namespace penny::test {

class SmallDisk {
 public:
  SmallDisk(const std::string& path, std::size_t kib)
      : path_(path), options_("size=" + std::to_string(kib) + "k,mode=700") {
    std::filesystem::create_directory(path);
    is_mounted_ = mount("tmpfs", path.c_str(), "tmpfs", 0, options_.c_str()) == 0;
    why_not_ = std::strerror(errno);
  }
  ~SmallDisk() {
    if (is_mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] bool is_mounted() const { return is_mounted_; }
  [[nodiscard]] const std::string& why_not() const { return why_not_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  // False: somebody has a file open for writing.
  [[nodiscard]] bool set_read_only(bool is_read_only) const {
    return mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT | (is_read_only ? MS_RDONLY : 0), options_.c_str()) == 0;
  }

  // Takes every free byte, and gives them back.
  void fill() const {
    const int file = open((path_ + "/filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const std::string bytes(std::size_t{1} << 16U, 'f');
    for (std::size_t size = bytes.size(); size > 0;) {
      if (write(file, bytes.data(), size) <= 0) size /= 2;
    }
    close(file);
  }
  void make_space() const { unlink((path_ + "/filler").c_str()); }
  // So many bytes; throws if the filler has fewer.
  void make_space(std::size_t bytes) const {
    const std::string filler = path_ + "/filler";
    std::filesystem::resize_file(filler, std::filesystem::file_size(filler) - bytes);
  }

 private:
  std::string path_;
  std::string options_;
  bool is_mounted_ = false;
  std::string why_not_;
};

}  // namespace penny::test
