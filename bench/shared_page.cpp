#include "bench/shared_page.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <system_error>

namespace penny::bench {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

void* map(int descriptor) {
  void* mapped = mmap(nullptr, sizeof(SharedPage), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (mapped == MAP_FAILED) fail("mmap of the shared page");
  return mapped;
}

}  // namespace

SharedMemory::SharedMemory() : descriptor_(memfd_create("penny_bench", 0)) {
  if (descriptor_ < 0) fail("memfd_create");
  if (ftruncate(descriptor_, sizeof(SharedPage)) != 0) fail("ftruncate of the shared page");
  page_ = new (map(descriptor_)) SharedPage();
}

SharedMemory::SharedMemory(int descriptor)
    : descriptor_(descriptor), page_(std::launder(static_cast<SharedPage*>(map(descriptor)))) {}

SharedMemory::~SharedMemory() {
  munmap(page_, sizeof(SharedPage));
  close(descriptor_);
}

}  // namespace penny::bench
