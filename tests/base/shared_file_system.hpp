#pragma once

// A file system that says it is FUSE, for a test that needs a real one: an empty folder, served by a thread.

#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>

namespace penny::base {

// Mounts it at the folder `path`, seen by the calling process alone, which gets a mount namespace of its own: call it
// in a child. False if this process may not mount. Lasts until the process ends.
inline bool mount_shared_file_system(const std::string& path) {
  const int device = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (device < 0 || ::unshare(CLONE_NEWNS) != 0) return false;
  const std::string options = "fd=" + std::to_string(device) +
                              ",rootmode=40000,user_id=" + std::to_string(::geteuid()) +
                              ",group_id=" + std::to_string(::getegid());
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  if (::mount("penny", path.c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()) != 0) return false;

  std::thread([device] {
    std::array<char, FUSE_MIN_READ_BUFFER + 4096> request;
    const auto answer = [device](std::uint64_t unique, int error, void* body, std::size_t size) {
      fuse_out_header header{};
      header.len = static_cast<std::uint32_t>(sizeof header + size);
      header.error = -error;
      header.unique = unique;
      const std::array<iovec, 2> parts{iovec{&header, sizeof header}, iovec{body, size}};
      return ::writev(device, parts.data(), 2) > 0;
    };
    while (::read(device, request.data(), request.size()) > 0) {
      fuse_in_header header;
      std::memcpy(&header, request.data(), sizeof header);
      if (header.opcode == FUSE_INIT) {
        fuse_init_out init{};
        init.major = FUSE_KERNEL_VERSION;
        init.minor = FUSE_KERNEL_MINOR_VERSION;
        init.max_write = 4096;
        answer(header.unique, 0, &init, sizeof init);
      } else if (header.opcode == FUSE_GETATTR) {
        fuse_attr_out attributes{};
        attributes.attr.ino = FUSE_ROOT_ID;
        attributes.attr.mode = S_IFDIR | S_IRWXU;
        attributes.attr.nlink = 2;
        attributes.attr.uid = ::geteuid();
        answer(header.unique, 0, &attributes, sizeof attributes);
      } else if (header.opcode == FUSE_STATFS) {
        fuse_statfs_out status{};
        answer(header.unique, 0, &status, sizeof status);
      } else {
        answer(header.unique, header.opcode == FUSE_LOOKUP ? ENOENT : ENOSYS, nullptr, 0);
      }
    }
  }).detach();
  return true;
}

}  // namespace penny::base
