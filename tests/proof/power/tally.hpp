#pragma once

// What all jobs together have tried and found.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "proof/power/claims.hpp"
#include "proof/report.hpp"

namespace penny::proof::power {

// Hashes of images, 8 to 16 bytes each.
class HashSet {
 public:
  HashSet() : slots_(1U << 16U, 0) {}
  bool insert(std::uint64_t hash);  // true: it is new
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  void grow();
  std::vector<std::uint64_t> slots_;
  std::size_t size_ = 0;
};

class Tally {
 public:
  explicit Tally(std::uint64_t wanted) : wanted_(wanted), progress_("states", wanted) {}

  // Any thread.
  void count_state(std::uint64_t image_hash);
  void count_pairs(const std::set<std::pair<std::string, std::string>>& pairs);
  void count_looks(std::uint64_t moments, std::uint64_t looks, std::uint64_t whole_looks);
  void count_trace(std::size_t depth, bool is_after_kill, std::size_t entries);
  [[nodiscard]] bool is_done();
  // A claim is contradicted once: whoever comes first makes the witness.
  [[nodiscard]] bool is_first(Claim claim);
  void contradict(Claim claim, std::string witness);
  void note_unexplained(std::string what);

  void report(Report& report, double seconds);

 private:
  const std::uint64_t wanted_;
  std::mutex mutex_;  // guards the rest
  Progress progress_;
  HashSet images_;
  std::set<std::pair<std::string, std::string>> pairs_;
  std::uint64_t looks_ = 0;
  std::uint64_t whole_looks_ = 0;
  std::array<std::uint64_t, 4> traces_by_depth_{};
  std::uint64_t traces_after_kill_ = 0;
  std::uint64_t entries_ = 0;
  std::uint64_t moments_ = 0;
  std::array<bool, kClaims.size()> is_red_{};
  std::array<std::optional<std::string>, kClaims.size()> witnesses_;
  std::string unexplained_;
};

}  // namespace penny::proof::power
