#include "proof/histories/shared_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace penny::proof::histories {

SharedFile::SharedFile(const std::string& path, std::size_t bytes) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC | (bytes > 0 ? O_CREAT : 0), 0600);
  struct stat status{};
  bool is_ready =
      file >= 0 && (bytes == 0 || ftruncate(file, static_cast<off_t>(bytes)) == 0) && fstat(file, &status) == 0;
  if (is_ready) {
    size_ = static_cast<std::size_t>(status.st_size);
    void* const address = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    is_ready = address != MAP_FAILED;
    if (is_ready) bytes_ = static_cast<std::byte*>(address);
  }
  const int error = errno;
  if (file >= 0) close(file);
  if (!is_ready) throw std::system_error(error, std::generic_category(), path);
}

SharedFile::~SharedFile() { munmap(bytes_, size_); }

}  // namespace penny::proof::histories
