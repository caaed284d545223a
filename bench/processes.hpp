#pragma once

// The worker processes of one run.

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "bench/shared_page.hpp"

namespace penny::bench {

// Kills and reaps at its end what has not ended by itself.
class Workers {
 public:
  Workers() = default;
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // This program as a fresh process that does one order of the page.
  void start(const SharedMemory& memory, std::uint32_t order);

  // Reaps those that have ended. False once there is none left. Throws `std::runtime_error` if one failed, the
  // benchmark is interrupted, or it is later than the deadline (CLOCK_MONOTONIC).
  [[nodiscard]] bool are_running(std::uint64_t deadline_ns);

 private:
  std::vector<pid_t> pids_;
};

// Ends the benchmark in order at the next call of `are_running`. For a signal handler.
void interrupt();

}  // namespace penny::bench
