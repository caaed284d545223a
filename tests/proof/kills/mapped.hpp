#pragma once

// A file in memory that several processes share and that survives each of them: what a killed process wrote is there.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace penny::proof::kills {

// `T` must be valid when all its bytes are 0. Pages that are never touched take no space.
template <class T>
class Mapped {
 public:
  static_assert(std::is_trivially_destructible_v<T>);

  // Throws if it cannot.
  static Mapped make(const std::string& path) { return Mapped(path, O_CREAT | O_EXCL); }
  static Mapped open(const std::string& path) { return Mapped(path, 0); }

  Mapped(Mapped&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  Mapped& operator=(Mapped&&) = delete;
  ~Mapped() {
    if (shared_ != nullptr) munmap(shared_, sizeof(T));
  }

  T* operator->() const { return shared_; }
  T& operator*() const { return *shared_; }

 private:
  Mapped(const std::string& path, int flags) {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC | flags, 0600);
    if (file < 0) throw std::runtime_error("cannot open " + path);
    void* memory = MAP_FAILED;
    if (ftruncate(file, sizeof(T)) == 0) memory = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (memory == MAP_FAILED) throw std::runtime_error("cannot map " + path);
    shared_ = static_cast<T*>(memory);
  }

  T* shared_ = nullptr;
};

}  // namespace penny::proof::kills
