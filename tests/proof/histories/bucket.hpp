#pragma once

// How far observations may still move a dimension, written down a second time: by at most 0.2, of which 0.1 comes back per hour.

#include <algorithm>
#include <cstdint>

namespace penny::proof::histories {

class Bucket {
 public:
  [[nodiscard]] double left_at(std::uint64_t minute) const { return 0.2 - std::min(0.2, missing_at(minute)); }

  void take(std::uint64_t minute, double amount) {
    missing_ = missing_at(minute) + amount;
    minute_ = minute;
  }

  bool operator==(const Bucket&) const = default;

 private:
  [[nodiscard]] double missing_at(std::uint64_t minute) const {
    if (minute <= minute_) return missing_;  // a clock that went back
    return std::max(0.0, missing_ - 0.1 * (static_cast<double>(minute - minute_) / 60));
  }

  double missing_ = 0;
  std::uint64_t minute_ = 0;
};

}  // namespace penny::proof::histories
