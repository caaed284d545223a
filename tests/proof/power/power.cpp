#include "proof/power/power.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include "proof/power/lineage.hpp"
#include "proof/power/tally.hpp"

namespace penny::proof::power {
namespace {

constexpr std::uint64_t kShort = 3'000;
constexpr std::uint64_t kCi = 300'000;
constexpr std::uint64_t kLong = 10'000'000;
// Each life brings some; if they bring nothing new any more, that is a bug of ours.
constexpr std::uint64_t kLivesPerState = 1;
constexpr std::uint64_t kLargeOneIn = 25;
constexpr std::uint64_t kKillAtCreationOneIn = 4;

// A folder in memory if there is one: states are laid out hundreds of times a second, and nothing of it must last.
class Scratch {
 public:
  explicit Scratch(const std::string& otherwise) {
    std::error_code ignored;
    const auto space = std::filesystem::space(kMemory, ignored);
    const bool has_memory = !ignored && space.available >= kMemoryBytesMin;
    path_ = (has_memory ? kMemory : otherwise) + "/penny-power-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error(fmt::format("{} could not be made", path_));
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  static inline const std::string kMemory = "/dev/shm";
  static constexpr std::uintmax_t kMemoryBytesMin = std::uintmax_t{256} << 20U;
  std::string path_;
};

Life life_of(std::uint64_t seed, std::uint64_t number, bool is_short) {
  Life life{.seed = seed * 1'000'003 + number,
            .states_per_trace = is_short ? 300U : 1'500U,
            .exhaust_one_in = is_short ? 200U : 12U,
            .go_on_one_in = is_short ? 50U : 500U};
  if (number % kKillAtCreationOneIn == 1) life.kill_after_name = number / kKillAtCreationOneIn;
  life.is_large = !is_short && number % kLargeOneIn == kLargeOneIn - 1;
  return life;
}

}  // namespace

void run(const Order& order, Report& report) {
  const std::uint64_t wanted = order.amount_or(kShort, kCi, kLong);
  const auto began = std::chrono::steady_clock::now();
  const Scratch scratch(order.folder);
  Tally tally(wanted);
  std::atomic<std::uint64_t> next_life{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto work = [&](std::uint32_t job) {
    try {
      const std::string folder = scratch / fmt::format("job-{}", job);
      Bench bench(folder + "/bench");
      while (!tally.is_done()) {
        const std::uint64_t life = next_life.fetch_add(1);
        if (life > wanted * kLivesPerState) throw std::runtime_error("the lives bring no new states");
        live(life_of(order.seed, life, wanted <= kShort), folder + "/live", bench, tally);
      }
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      failure = std::current_exception();
      next_life = wanted * kLivesPerState + 1;
    }
  };
  {
    std::vector<std::jthread> jobs;
    for (std::uint32_t job = 0; job < std::max(1U, order.jobs); ++job) jobs.emplace_back(work, job);
  }
  if (failure) std::rethrow_exception(failure);
  tally.report(report, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
}

}  // namespace penny::proof::power
