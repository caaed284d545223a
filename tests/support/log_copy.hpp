#pragma once

// A commit may make it time to copy the write-ahead log, which is done after its answer.

#include <chrono>
#include <stdexcept>
#include <thread>

#include "base/file_system.hpp"
#include "store/sole_lock.hpp"
#include "support/stores.hpp"

namespace penny::test {

// Until nobody copies it.
inline void await_log_copy(const std::string& database) {
  const auto paths = must(base::prepare_paths(database, false));
  for (int i = 0; i < 100'000; ++i) {
    if (store::SoleLock::try_take(paths)) return;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  throw std::runtime_error("the log is copied for ever");
}

}  // namespace penny::test
