#pragma once

// Claims of this part, from several threads.

#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "proof/report.hpp"

namespace penny::proof::kills {

class Court {
 public:
  explicit Court(Report& report) : report_(report) {}
  void check(std::string_view claim, bool holds, std::string witness = {}) {
    const std::lock_guard lock(mutex_);
    report_.check(std::string(claim), holds, std::move(witness));
  }

 private:
  std::mutex mutex_;
  Report& report_;
};

}  // namespace penny::proof::kills
