#pragma once

// Is a state after a power cut one that the promise allows? Compares the ledger's rows with the history.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <penny/penny.hpp>

#include "proof/power/claims.hpp"
#include "proof/power/history.hpp"

namespace penny::proof::power {

class Judge {
 public:
  // The history outlives it and is finished.
  explicit Judge(const History& history);

  // `rows`: the whole ledger, in order of seq, after a power cut at `position`.
  void judge(std::size_t position, const std::vector<Change>& rows, Verdict& verdict) const;

  // Whether anything must be there.
  [[nodiscard]] bool must_exist(std::size_t position) const { return history_->opened_at() <= position; }
  [[nodiscard]] const History& history() const { return *history_; }
  // Changes only where what must be there changes: a state is judged once for each.
  [[nodiscard]] std::uint64_t demands_at(std::size_t position) const;

 private:
  struct Place {
    std::size_t request = 0;
    std::size_t operation = 0;
  };
  const History* history_;
  std::map<OperationId, Place> places_;
};

}  // namespace penny::proof::power
