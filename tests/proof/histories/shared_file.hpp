#pragma once

// A file that processes map together. What is written into it outlives each of them, however they end.

#include <cstddef>
#include <string>

namespace penny::proof::histories {

class SharedFile {
 public:
  // Makes the file, all zero, if `bytes` is not 0; else it must be there. What is never touched takes no space. Throws
  // std::system_error.
  SharedFile(const std::string& path, std::size_t bytes);
  ~SharedFile();
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;

  [[nodiscard]] std::byte* bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::byte* bytes_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace penny::proof::histories
