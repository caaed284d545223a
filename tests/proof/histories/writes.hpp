#pragma once

// The writes of a history: a write is what was asked under one id, however often it was tried.

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "proof/histories/history.hpp"

namespace penny::proof::histories {

struct Write {
  std::vector<const Call*> attempts;  // in order of `invoked`
  std::uint64_t invoked = kNever;     // of the first attempt that was not refused
  std::uint64_t acknowledged = kNever;
  // No effect after this moment: the first acknowledgement, else the end of the last attempt without an answer.
  std::uint64_t settled = 0;
  const Call* answer = nullptr;  // the attempt that was acknowledged first

  [[nodiscard]] const Call& asked() const { return *attempts.front(); }
  [[nodiscard]] std::uint64_t id() const { return asked().actions.front().id; }
  [[nodiscard]] bool is_acknowledged() const { return answer != nullptr; }
  // Every attempt was, so it must not be there.
  [[nodiscard]] bool is_refused() const { return invoked == kNever; }
};

// All but those that reuse an id on purpose, in order of their first attempt. References to the history's calls.
[[nodiscard]] std::vector<Write> writes_of(const History& history);

// The write that has an operation.
[[nodiscard]] std::unordered_map<std::uint64_t, const Write*> writes_by_operation(const std::vector<Write>& writes);

// The moment that witnesses count from.
[[nodiscard]] inline std::uint64_t origin_of(const History& history) {
  return history.calls.empty() ? 0 : history.calls.front().invoked;
}

}  // namespace penny::proof::histories
