#include "cli/stress/shared_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fmt/core.h>

namespace penny::cli::stress {
namespace {

// Far above the few descriptors that a spawned process finds its memory under.
constexpr int kLowestDescriptor = 100;

std::unexpected<Error> failed(const char* what) {
  return std::unexpected(Error{.code = ErrorCode::kStorageFailed,
                               .message = fmt::format("no shared memory: {}: {}", what, std::strerror(errno)),
                               .advice = "Ask for fewer processes, or raise the limits of memory and open files.",
                               .field = {}});
}

}  // namespace

Result<SharedMemory> SharedMemory::make(const char* name, std::size_t bytes) {
  const int low = memfd_create(name, MFD_CLOEXEC);
  if (low < 0) return failed("memfd_create");
  const int descriptor = fcntl(low, F_DUPFD_CLOEXEC, kLowestDescriptor);
  close(low);
  if (descriptor < 0) return failed("dup");
  if (ftruncate(descriptor, static_cast<off_t>(bytes)) != 0) {
    close(descriptor);
    return failed("ftruncate");
  }
  void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (address == MAP_FAILED) {
    close(descriptor);
    return failed("mmap");
  }
  return SharedMemory(descriptor, static_cast<std::byte*>(address), bytes);
}

Result<SharedMemory> SharedMemory::inherited(int descriptor) {
  struct stat status{};
  if (fstat(descriptor, &status) != 0) return failed("fstat");
  const auto bytes = static_cast<std::size_t>(status.st_size);
  void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (address == MAP_FAILED) return failed("mmap");
  close(descriptor);
  return SharedMemory(-1, static_cast<std::byte*>(address), bytes);
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      bytes_(std::exchange(other.bytes_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (bytes_ != nullptr) munmap(bytes_, size_);
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace penny::cli::stress
