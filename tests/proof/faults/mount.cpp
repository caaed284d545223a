#include "proof/faults/mount.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "support/child_process.hpp"

namespace penny::proof::faults {
namespace {

constexpr const char* kTmpfsOptions = "size=4m";
constexpr off_t kImageBytes = off_t{16} << 20U;

void run(std::vector<std::string> words) {
  std::string whole;
  for (const std::string& word : words) whole += word + " ";
  test::ChildProcess program(std::move(words));
  if (program.wait() != 0) throw std::runtime_error(whole + "failed");
}

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

std::string leave_mount_namespace() {
  if (geteuid() != 0) return "not root";
  if (unshare(CLONE_NEWNS) != 0) return fmt::format("no mounts of our own: {}", std::strerror(errno));
  // Else what we mount would be seen outside.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return fmt::format("mounts cannot be made private: {}", std::strerror(errno));
  return {};
}

SmallDisk::SmallDisk(FileSystem kind, const std::string& folder)
    : kind_(kind), image_(folder + "/disk.img"), mounted_(folder + "/disk") {
  std::filesystem::create_directories(mounted_);
  if (kind_ == FileSystem::kExt4) {
    const int file = open(image_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, kImageBytes) != 0) fail(image_);
    close(file);
    // No blocks are kept for root, so that full is full.
    run({"mkfs.ext4", "-q", "-F", "-m", "0", image_});
  }
  mount();
  std::filesystem::create_directories(store_folder());
  std::filesystem::permissions(store_folder(), std::filesystem::perms::owner_all);
}

SmallDisk::~SmallDisk() { (void)umount2(mounted_.c_str(), MNT_DETACH); }

void SmallDisk::mount() {
  if (kind_ == FileSystem::kExt4) {
    run({"mount", "-t", "ext4", "-o", "loop", image_, mounted_});
  } else if (::mount("penny", mounted_.c_str(), "tmpfs", 0, kTmpfsOptions) != 0) {
    fail("mount");
  }
}

void SmallDisk::unmount() {
  if (umount2(mounted_.c_str(), 0) != 0) fail("unmount");
}

void SmallDisk::mount_anew() {
  unmount();
  mount();
}

void SmallDisk::fill() {
  const int file = open((mounted_ + "/ballast").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) fail("ballast");
  const std::string bytes(std::size_t{1} << 16U, 'b');
  std::size_t size = bytes.size();
  while (size > 0) {
    if (write(file, bytes.data(), size) <= 0) size /= 2;
    (void)fsync(file);
  }
  close(file);
}

void SmallDisk::make_space() {
  if (unlink((mounted_ + "/ballast").c_str()) != 0) fail("ballast");
  sync();
}

void SmallDisk::sync() {
  const int folder = open(mounted_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0 || syncfs(folder) != 0) fail("syncfs");
  close(folder);
}

void SmallDisk::set_read_only(bool is_read_only) {
  if (::mount(nullptr, mounted_.c_str(), nullptr, is_read_only ? MS_REMOUNT | MS_RDONLY : MS_REMOUNT,
              kind_ == FileSystem::kTmpfs ? kTmpfsOptions : nullptr) != 0) {
    fail("remount");
  }
}

void SmallDisk::abort_writes() {
  if (::mount(nullptr, mounted_.c_str(), nullptr, MS_REMOUNT, "abort") != 0) fail("abort");
}

}  // namespace penny::proof::faults
