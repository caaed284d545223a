#pragma once

// The gate in the hands of a stranger, as a stopped process would have it.

#include <stdexcept>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <penny/store.hpp>

#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::proof::basics {

class HeldGate {
 public:
  explicit HeldGate(const std::string& store) : file_(open((store + "-gate").c_str(), O_RDWR | O_CLOEXEC)) {
    if (file_ < 0 || flock(file_, LOCK_EX) != 0) throw std::runtime_error("the gate cannot be held");
  }
  ~HeldGate() { let_go(); }
  HeldGate(const HeldGate&) = delete;
  HeldGate& operator=(const HeldGate&) = delete;
  void let_go() {
    if (file_ >= 0) close(std::exchange(file_, -1));
  }

 private:
  int file_;
};

// Until so many open stores wait for the gate. False: not in time.
inline bool wait_for_waiters(const Store& store, std::size_t count,
                             std::chrono::milliseconds patience = std::chrono::milliseconds(2000)) {
  return test::until(
      [&] {
        std::size_t waiting = 0;
        for (const Participant& one : test::must(store.diagnose()).participants) {
          if (one.is_waiting_for_gate) waiting += 1;
        }
        return waiting >= count;
      },
      patience);
}

}  // namespace penny::proof::basics
