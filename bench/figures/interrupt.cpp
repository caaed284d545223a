#include "bench/figures/interrupt.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <stdexcept>
#include <thread>

namespace penny::figures {
namespace {

// Set by a signal handler.
std::atomic<bool> is_marked = false;

constexpr std::chrono::milliseconds kLookEvery{20};

}  // namespace

void end_in_order_when_interrupted() {
  struct sigaction action{};
  action.sa_handler = [](int) { is_marked = true; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool is_interrupted() { return is_marked; }

void throw_if_interrupted() {
  if (is_marked) throw std::runtime_error("interrupted");
}

void pause(std::chrono::milliseconds duration) {
  const auto end = std::chrono::steady_clock::now() + duration;
  for (;;) {
    throw_if_interrupted();
    const auto now = std::chrono::steady_clock::now();
    if (now >= end) return;
    std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(kLookEvery, end - now));
  }
}

}  // namespace penny::figures
