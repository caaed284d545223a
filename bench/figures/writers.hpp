#pragma once

// Threads of this process that write turns of 1,000 users until they are told to stop, while something else is measured.
//
// How long a write takes is counted from its call; or, if its thread came to it late because the one before took too long, from
// when it was due. So a long wait counts for all whom it held up.

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <penny/store.hpp>

#include "bench/figures/waits.hpp"
#include "bench/workload.hpp"

namespace penny::figures {

struct WriterOptions {
  std::uint32_t threads = 8;
  double per_second = 0;  // of each; 0: as fast as it can
  std::uint64_t seed = 1;
  std::function<Batch()> make{};  // what they write in place of those turns; called by any of them
};

// Begin and end belong to one thread. `store` outlives it.
class Writers {
 public:
  static constexpr std::size_t kPhasesMax = 8;

  Writers(Store& store, const WriterOptions& options);
  ~Writers();
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  // From now on what begins belongs to that phase. They begin in phase 0.
  void begin_phase(std::size_t phase);
  // Ends them. Throws `std::runtime_error` for an error that ends the measurement.
  void stop();

  // After `stop`.
  struct Phase {
    Waits waits;
    std::uint64_t stored = 0;
    std::uint64_t refused = 0;
    std::map<std::string, std::uint64_t> refusals{};  // what they were told, and how often
  };
  [[nodiscard]] Phase phase(std::size_t number) const;

 private:
  struct Record {
    std::array<bench::Histogram, kPhasesMax> waits;
    std::array<std::uint64_t, kPhasesMax> stored{};
    std::array<std::map<std::string, std::uint64_t>, kPhasesMax> refusals;
    std::string failure;
  };
  void write(Record& record, std::uint32_t number);

  Store& store_;
  const WriterOptions options_;
  const bench::Texts texts_;
  std::atomic<std::size_t> phase_{0};
  std::atomic<bool> is_over_{false};
  std::vector<std::unique_ptr<Record>> records_;
  std::vector<std::thread> threads_;
};

}  // namespace penny::figures
