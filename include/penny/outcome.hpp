#pragma once

// What a caller is told of an operation that is stored. Refusals are `Error`s.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <penny/id.hpp>
#include <penny/model.hpp>

namespace penny {

struct TurnResult {
  std::string session;
  std::uint64_t session_first_rev = 0;
  std::uint32_t number = 0;  // of the turn in its session; 1: the session began with it
  bool operator==(const TurnResult&) const = default;
};

struct SessionResult {
  std::string session;
  std::uint32_t turn_count = 0;
  bool was_open = false;  // false: it had ended before, and nothing changed
  bool operator==(const SessionResult&) const = default;
};

struct PreferenceResult {
  double confidence = 0;
  std::uint64_t frequency = 0;  // of a ForgetPreference: revs that are left to look through
  std::uint64_t version = 0;
  bool is_value_taken = false;  // false: another value was surer and stays
  bool operator==(const PreferenceResult&) const = default;
};

struct DimensionResult {
  DimensionValue value;
  double confidence = 0;
  std::uint64_t version = 0;
  bool operator==(const DimensionResult&) const = default;
};

struct FactResult {
  OperationId fact;
  std::uint64_t version = 0;
  bool operator==(const FactResult&) const = default;
};

struct ForgottenResult {
  std::uint64_t turns = 0;  // so many were forgotten by this operation
  bool operator==(const ForgottenResult&) const = default;
};

struct ErasedResult {
  std::uint64_t operations = 0;  // so many, from the rev before on, are to be removed
  bool operator==(const ErasedResult&) const = default;
};

struct PermitResult {
  std::uint64_t calls_left = 0;  // in the window that ends with this call
  // The moment that counts: microseconds since the boot with this id. Empty of a permit that was imported, which does not count.
  std::string boot{};
  std::uint64_t boot_time_us = 0;
  bool operator==(const PermitResult&) const = default;
};

struct ToolOutcomeResult {
  std::string tool;
  bool operator==(const ToolOutcomeResult&) const = default;
};

using OperationResult = std::variant<TurnResult, SessionResult, PreferenceResult, DimensionResult, FactResult,
                                     ForgottenResult, ErasedResult, PermitResult, ToolOutcomeResult>;

struct Outcome {
  OperationId id;
  std::uint64_t rev = 0;           // the user's operations are counted from 1 without a gap
  bool is_already_stored = false;  // a retry: this is the first outcome, and nothing was written
  OperationResult result;
};

struct BatchOutcome {
  bool is_already_stored = false;
  std::vector<Outcome> outcomes;  // in the order of the batch
};

}  // namespace penny
