#pragma once

// What the kernel tells of processes. A process is named by its id and its start time together, since ids are used
// again, and by the boot, since both begin anew.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace penny::base {

// Changes at every boot of the machine. Empty if /proc is not there.
[[nodiscard]] std::string boot_id();

struct ProcessStat {
  std::string command;           // at most 15 bytes
  std::string state;             // one letter, as in proc(5): "R", "S", "D", "T" (stopped), "Z" ...
  std::uint64_t start_time = 0;  // clock ticks since the boot
};

// Nothing if there is no such process, or /proc is not there.
[[nodiscard]] std::optional<ProcessStat> process_stat(pid_t pid);

// Of this process; a forked child has its own. 0 if /proc is not there. Reads a file each time.
[[nodiscard]] std::uint64_t own_start_time();

}  // namespace penny::base
