#pragma once

// How much processor time programs outside of the benchmark use while it measures. Linux's /proc only.

#include <chrono>
#include <optional>
#include <string_view>

namespace penny::bench {

// Processor seconds up to one moment.
struct CpuReading {
  std::chrono::steady_clock::time_point at;
  double machine = 0;         // of everything on this machine, and what its host took away
  double ours = 0;            // of this process and of its children that have ended
  double kernel_threads = 0;  // write-back and the file system's journal: work that we caused
};

// Reads /proc and our own use. Throws `std::runtime_error` if /proc/stat cannot be read.
[[nodiscard]] CpuReading read_cpu();

// Cores used by others between two readings. All our children of that time must have ended before the second.
[[nodiscard]] double cores_of_others(const CpuReading& begin, const CpuReading& end);

// Processor seconds of all cores from the text of /proc/stat: user, nice, system, interrupts and stolen time; neither
// idle nor waiting for the disk.
[[nodiscard]] std::optional<double> machine_seconds(std::string_view proc_stat, double ticks_per_second);

// Processor seconds from the text of a /proc/PID/stat, if its process is a kernel thread (a child of number 2).
[[nodiscard]] std::optional<double> kernel_thread_seconds(std::string_view process_stat, double ticks_per_second);

}  // namespace penny::bench
