#pragma once

#include <utility>

#include <unistd.h>

namespace penny::backend::sqlite {

// Closes with close(2), which drops none of our locks: they belong to SQLite's own descriptors.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }
  // The caller closes it from now on.
  [[nodiscard]] int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

}  // namespace penny::backend::sqlite
