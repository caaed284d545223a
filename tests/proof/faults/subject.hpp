#pragma once

// The table of what is done to the store while a call fails. A new operation or read is a line in subject.cpp.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <penny/penny.hpp>

#include "proof/faults/stock.hpp"
#include "proof/faults/strike.hpp"

namespace penny::proof::faults {

enum class Deed : std::uint8_t {
  kCommit,  // of each of `requests`, from a thread of its own if there are several, in one transaction
  kRead,
  kOpen,  // makes the store if it is absent
  kClose,
};

struct Subject {
  std::string name;
  Deed deed = Deed::kCommit;
  State state = State::kHot;
  bool is_warm = false;                        // the store was written and read before
  std::vector<Batch> (*requests)() = nullptr;  // with ids; each of a user or of users of its own
  std::size_t refused_by_rules = 0;            // so many of them, from the last one, are `kNotFound` without any fault
  Result<std::string> (*read)(Store&) = nullptr;  // the answer in words
  std::vector<Call> only{};                       // the calls that fail; empty: all
  double cost = 1;                                // of an attempt, in usual ones
  bool may_speak_of_fault = false;                // a diagnosis: it says what it could not look at
};

[[nodiscard]] const std::vector<Subject>& subjects();
[[nodiscard]] const Subject* find_subject(std::string_view name);

}  // namespace penny::proof::faults
