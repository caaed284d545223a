#pragma once

// Memory that the processes of a run share and that outlives each of them but the one that made it: a file without a
// name (memfd), handed down by descriptor. What is never touched takes no space.

#include <cstddef>
#include <span>

#include <penny/error.hpp>

namespace penny::cli::stress {

class SharedMemory {
 public:
  // All zero. `name` is shown in /proc. The descriptor is closed on exec.
  [[nodiscard]] static Result<SharedMemory> make(const char* name, std::size_t bytes);

  // Maps what a parent handed down as this descriptor, which is closed.
  [[nodiscard]] static Result<SharedMemory> inherited(int descriptor);

  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  [[nodiscard]] std::byte* bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  SharedMemory(int descriptor, std::byte* bytes, std::size_t size)
      : descriptor_(descriptor), bytes_(bytes), size_(size) {}

  int descriptor_ = -1;
  std::byte* bytes_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace penny::cli::stress
