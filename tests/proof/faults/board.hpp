#pragma once

// What a worker is doing, in a file that its parent maps too: it is still there when the worker has crashed.

#include <atomic>
#include <cstdint>
#include <string>

namespace penny::proof::faults {

class Board {
 public:
  // Made if it is not there. Throws if it cannot be.
  explicit Board(const std::string& path);
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  void begin(std::uint64_t cell, const std::string& point);
  void end() { shared_->done.fetch_add(1, std::memory_order_relaxed); }

  [[nodiscard]] std::uint64_t done() const { return shared_->done.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t begun() const { return shared_->begun.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t cell() const { return shared_->cell.load(std::memory_order_relaxed); }
  // Whole once the worker is gone.
  [[nodiscard]] std::string point() const { return shared_->point; }

 private:
  struct Shared {
    std::atomic<std::uint64_t> begun;
    std::atomic<std::uint64_t> done;
    std::atomic<std::uint64_t> cell;
    char point[256];
  };
  Shared* shared_;
};

}  // namespace penny::proof::faults
