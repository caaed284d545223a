#pragma once

// Claims of this part, from several threads.

#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "proof/report.hpp"

namespace penny::proof::kills {

class Court {
 public:
  explicit Court(Report& report) : report_(report) {}
  // Runs a part of the attack. What it throws means that it could not be carried out, or the store not be read: red too.
  template <class Part>
  bool attend(Part&& part) {
    static constexpr std::string_view kCarriedOut = "every attack can be carried out and every store be read after it";
    try {
      part();
      check(kCarriedOut, true);
      return true;
    } catch (const std::exception& error) {
      check(kCarriedOut, false, error.what());
      return false;
    }
  }

  void check(std::string_view claim, bool holds, std::string witness = {}) {
    const std::lock_guard lock(mutex_);
    report_.check(std::string(claim), holds, std::move(witness));
  }

 private:
  std::mutex mutex_;
  Report& report_;
};

}  // namespace penny::proof::kills
