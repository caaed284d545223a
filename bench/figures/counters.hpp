#pragma once

// What processes of readers count together: a page in a file that each of them maps.

#include <atomic>
#include <cstdint>
#include <string>

namespace penny::figures {

struct Counts {
  std::atomic<std::uint32_t> open;     // reads that hold a snapshot now
  std::atomic<std::uint32_t> waiting;  // that want one
  std::atomic<std::uint64_t> reads;    // that came to their end
  std::atomic<std::uint64_t> early;    // that were ended before
  std::atomic<std::uint64_t> refused;  // that were not begun until their deadline
};

class Counters {
 public:
  // Makes the file if it is not there. Throws `std::system_error`.
  explicit Counters(const std::string& path);
  ~Counters();
  Counters(const Counters&) = delete;
  Counters& operator=(const Counters&) = delete;
  [[nodiscard]] Counts& counts() const { return *counts_; }

 private:
  Counts* counts_ = nullptr;
};

// One while it is in scope.
class Counted {
 public:
  explicit Counted(std::atomic<std::uint32_t>& count) : count_(count) { count_ += 1; }
  ~Counted() { count_ -= 1; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::atomic<std::uint32_t>& count_;
};

}  // namespace penny::figures
