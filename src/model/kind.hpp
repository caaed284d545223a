#pragma once

// The numbers of the kinds of operations, as the ledger keeps them: one more than the place in `Payload`.

#include <cstdint>
#include <optional>
#include <string_view>

#include <penny/operation.hpp>

namespace penny::model {

// Never change a number: stores hold them.
enum class Kind : std::uint8_t {
  kAppendTurn = 1,
  kEndSession = 2,
  kObservePreference = 3,
  kSetPreference = 4,
  kAdjustDimension = 5,
  kObserveDimension = 6,
  kSetDimension = 7,
  kRememberFact = 8,
  kForgetFact = 9,
  kForgetTurn = 10,
  kForgetTurns = 11,
  kForgetPreference = 12,
  kEraseUser = 13,
  kTakeToolPermit = 14,
  kRecordToolOutcome = 15,
};

[[nodiscard]] Kind kind_of(const Payload& payload);

// Whether it takes content out of a store, and so gives space.
[[nodiscard]] bool gives_space(Kind kind);

// For example "append_turn".
[[nodiscard]] std::string_view kind_name(Kind kind);

// Nothing for a number that no kind has.
[[nodiscard]] std::optional<Kind> kind_from_number(std::int64_t number);

}  // namespace penny::model
