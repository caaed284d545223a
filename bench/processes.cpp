#include "bench/processes.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <stdexcept>
#include <string>
#include <system_error>

#include <fmt/core.h>

namespace penny::bench {
namespace {

// Set from a signal handler.
std::atomic<bool> is_interrupted = false;

}  // namespace

void interrupt() { is_interrupted = true; }

void Workers::start(const SharedMemory& memory, std::uint32_t order) {
  std::string program = "penny_bench";
  std::string role = "--worker";
  std::string descriptor = std::to_string(memory.descriptor());
  std::string number = std::to_string(order);
  const std::array<char*, 5> arguments{program.data(), role.data(), descriptor.data(), number.data(), nullptr};
  pid_t pid = 0;
  const int error = posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, arguments.data(), environ);
  if (error != 0) throw std::system_error(error, std::generic_category(), "starting a worker process");
  pids_.push_back(pid);
}

bool Workers::are_running(std::uint64_t deadline_ns) {
  if (is_interrupted) throw std::runtime_error("interrupted");
  for (auto pid = pids_.begin(); pid != pids_.end();) {
    int status = 0;
    if (waitpid(*pid, &status, WNOHANG) != *pid) {
      ++pid;
      continue;
    }
    pid = pids_.erase(pid);
    if (WIFSIGNALED(status)) throw std::runtime_error(fmt::format("a worker was ended by signal {}", WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0) throw std::runtime_error("a worker failed; it says why above");
  }
  if (!pids_.empty() && now_ns() > deadline_ns) throw std::runtime_error("a worker does not end");
  return !pids_.empty();
}

Workers::~Workers() {
  for (const pid_t pid : pids_) kill(pid, SIGKILL);
  for (const pid_t pid : pids_) waitpid(pid, nullptr, 0);
}

}  // namespace penny::bench
