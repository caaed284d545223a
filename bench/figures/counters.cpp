#include "bench/figures/counters.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace penny::figures {

Counters::Counters(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const bool is_sized = file >= 0 && ftruncate(file, sizeof(Counts)) == 0;
  // Zeroes of a new file are a valid page.
  void* const memory =
      is_sized ? mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : MAP_FAILED;
  const int error = errno;
  if (file >= 0) ::close(file);
  if (memory == MAP_FAILED) throw std::system_error(error, std::generic_category(), path);
  counts_ = static_cast<Counts*>(memory);
}

Counters::~Counters() { munmap(counts_, sizeof(Counts)); }

}  // namespace penny::figures
