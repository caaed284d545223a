#pragma once

// What is written: who, which words, how many writers at once. The same for every contender.

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <penny/id.hpp>

namespace penny::bench {

inline constexpr std::uint32_t kUsers = 1000;
inline constexpr std::uint32_t kPrefilledTurns = 100'000;
inline constexpr std::size_t kInputBytes = 80;
inline constexpr std::size_t kResponseBytes = 200;
inline constexpr std::string_view kMetadata = R"({"source":"chat","tokens":128,"model":"local"})";
inline constexpr double kResponseTimeMs = 420;

// The one dimension that all raise, and its user. Sums of this step are exact in binary, so a lost one shows.
inline constexpr std::uint32_t kRaisedUser = 0;
inline constexpr const char* kRaisedDimension = "warmth";
inline constexpr double kRaiseStep = 1.0 / (1 << 24);
inline constexpr std::string_view kRaiseTrigger = "said please and thank you";

enum class Task : std::uint32_t { kTurns, kRaise };

// Processes x threads that write as fast as they can, and what Penny shall reach there.
struct WriteWorkload {
  std::string_view name;
  Task task = Task::kTurns;
  std::uint32_t processes = 1;
  std::uint32_t threads = 1;  // of each process
  double ratio_target = 1;    // acknowledged writes against each rival
  bool is_waiting_judged = false;
  bool has_search = false;  // every turn must also be found by its words; the time runs until it is

  [[nodiscard]] std::uint32_t writers() const { return processes * threads; }
};

inline constexpr std::array<WriteWorkload, 9> kWriteWorkloads{{
    {.name = "64-threads", .threads = 64, .ratio_target = 5.5, .is_waiting_judged = true},
    {.name = "8-threads", .threads = 8, .ratio_target = 2.5},
    {.name = "1-thread", .ratio_target = 0.9},
    {.name = "dimension", .task = Task::kRaise, .threads = 64, .ratio_target = 10},
    {.name = "8x2", .processes = 8, .threads = 2, .ratio_target = 1.15},
    {.name = "32x2", .processes = 32, .threads = 2, .ratio_target = 1.2, .is_waiting_judged = true},
    {.name = "64-threads-search", .threads = 64, .ratio_target = 6, .is_waiting_judged = true, .has_search = true},
    {.name = "1-thread-search", .ratio_target = 1, .has_search = true},
    {.name = "32x2-search",
     .processes = 32,
     .threads = 2,
     .ratio_target = 1.2,
     .is_waiting_judged = true,
     .has_search = true},
}};

// Each writer's worst wait, its median over writers, is at least this many times shorter than a rival's.
inline constexpr double kWaitingRatioTarget = 25;
inline constexpr double kWorstWaitTargetMs = 200;

inline constexpr std::uint32_t kProcessesMax = 40;
inline constexpr std::uint32_t kWritersMax = 64;

// "user-0007". `user` is 0..kUsers-1.
[[nodiscard]] std::string user_name(std::uint32_t user);

// One write to make. The texts live as long as their `Texts`.
struct Write {
  std::uint32_t user = 0;
  OperationId id;
  Time at;
  std::string_view user_input;
  std::string_view assistant_response;
};

// Texts of a vocabulary whose n-th word is used 1/n as often as its first. Made before the measurement, so that it does
// not measure their making. Immutable.
class Texts {
 public:
  explicit Texts(std::uint64_t seed);

  [[nodiscard]] const std::vector<std::string>& inputs() const { return inputs_; }
  [[nodiscard]] const std::vector<std::string>& responses() const { return responses_; }

 private:
  std::vector<std::string> inputs_;
  std::vector<std::string> responses_;
};

// What one writer writes. Used by one thread.
class Writes {
 public:
  // `texts` outlives it.
  Writes(const Texts& texts, std::uint64_t seed) : texts_(texts), random_(seed) {}

  // By a user drawn uniformly from all; a new id, and now as its time.
  [[nodiscard]] Write next();
  [[nodiscard]] Write next_of(std::uint32_t user);

 private:
  const Texts& texts_;
  std::mt19937_64 random_;
};

}  // namespace penny::bench
