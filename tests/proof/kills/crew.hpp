#pragma once

// The writing processes of one store, seen from their supervisor: it starts them, kills them, sees them end, and starts
// others in their places.

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "proof/kills/journal.hpp"
#include "proof/kills/worker.hpp"

namespace penny::proof::kills {

struct Target {
  std::size_t point = 0;  // place in the census
  std::uint32_t countdown = 1;
  int signal = 0;
};

// One thread uses it, and outlives its processes.
class Crew {
 public:
  Crew(WorkerSetting setting, Journal& journal) : setting_(std::move(setting)), journal_(journal) {}
  ~Crew();  // kills who still lives
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // In a place that is free. Throws if it cannot.
  void start(std::size_t place, const std::optional<Target>& target);
  [[nodiscard]] pid_t pid(std::size_t place) const { return children_.at(place).pid; }  // -1: nobody
  void signal(std::size_t place, int number) const;
  // While it lives; nothing: no more targets.
  void aim(std::size_t place, const std::optional<Target>& target);

  // Waits until one has died, or the time has come; who has died, not yet reaped.
  [[nodiscard]] std::vector<std::size_t> wait_for_deaths(std::chrono::steady_clock::time_point deadline) const;
  // The status as waitpid(2) gives it; blocks until the process is gone. The place is free then.
  int reap(std::size_t place);
  // Stopped, as a whole.
  [[nodiscard]] bool is_stopped(std::size_t place) const;

 private:
  struct Child {
    pid_t pid = -1;
    int descriptor = -1;  // readable once it has died
  };
  WorkerSetting setting_;
  Journal& journal_;
  std::array<Child, kProcessesMax> children_{};
};

}  // namespace penny::proof::kills
