#pragma once

// What is claimed of the store under faults. Each attempt checks those that apply to it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penny::proof::faults {

enum class Claim : std::uint8_t {
  kTyped,
  kDefinite,
  kAcknowledged,
  kUnknown,
  kNeighbours,
  kUnnoticed,
  kResumes,
  kOff,
  kReads,
  kReadsGoOn,
  kWhole,
  kOpens,
  kNoLock,
  kNothingLeft,
  kFullDisk,
  kReadOnly,
  kDyingDisk,
  kNumber,
};
inline constexpr std::size_t kClaims = static_cast<std::size_t>(Claim::kNumber);

inline constexpr std::array<std::string_view, kClaims> kClaimTexts{
    "every answer under a fault is a success, or an error of the contract with its advice",
    "what is refused is in no store: not in the live one, nor in what a kill leaves, nor after reopening",
    "what is acknowledged is there once, with its rev: live, in what a kill leaves, and after reopening",
    "\"unknown\" is answered only if the fault met COMMIT; a retry with the same id then stores it exactly once",
    "a full disk or lack of memory takes no request of the same transaction along: each is stored when run alone",
    "an interrupted system call, and one that did a part of its work, is not noticed",
    "when the fault is gone the next call works, in the same open store",
    "after a failed fsync, and a failed COMMIT, the store writes no more, not one byte, and says why",
    "a read under a fault gives the right answer or a typed error, and the right answer once the fault is gone",
    "reads and diagnose go on while the disk is full, does not take writes, or does not sync",
    "verify finds nothing after a fault: live, in what a kill leaves, and after reopening",
    "a store that a fault kept from being opened or made opens once the fault is gone, whole",
    "no lock is left behind: others may write as soon as the answer is there",
    "no descriptor, mapping or block of SQLite's memory is left behind",
    "on a disk that is really full every operation is stored or refused for want of space, reads go on, and writing "
    "resumes",
    "on a disk that is really read-only opening and making are refused, with advice, and nothing is changed",
    "on a disk that dies under the store nothing is acknowledged any more, reads go on, and all is there when it comes "
    "back",
};

// What only real file systems show, for which one must be root.
[[nodiscard]] constexpr bool needs_disks(Claim claim) {
  return claim == Claim::kFullDisk || claim == Claim::kReadOnly || claim == Claim::kDyingDisk;
}

struct Red {
  Claim claim;
  std::string what;
};

// What was checked, and what was red.
class Findings {
 public:
  void check(Claim claim, bool holds, const std::string& what) {
    checked_[static_cast<std::size_t>(claim)] += 1;
    if (!holds) reds_.push_back({.claim = claim, .what = what});
  }
  [[nodiscard]] const std::vector<Red>& reds() const { return reds_; }
  [[nodiscard]] const std::array<std::uint64_t, kClaims>& checked() const { return checked_; }

 private:
  std::array<std::uint64_t, kClaims> checked_{};
  std::vector<Red> reds_;
};

}  // namespace penny::proof::faults
