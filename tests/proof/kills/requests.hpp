#pragma once

// What the writing processes ask for. A request follows from its name alone, so that whoever takes a killed process's place
// sends the very same again, and the accountant knows what must be stored.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <penny/operation.hpp>
#include <penny/outcome.hpp>

namespace penny::proof::kills {

struct RequestName {
  std::uint32_t store = 0;
  std::uint8_t process = 0;
  std::uint8_t lane = 0;
  std::uint32_t number = 0;
  bool operator==(const RequestName&) const = default;
};

// Each raise of a dimension is this much: a sum of them is exact in a double, in any order.
inline constexpr double kRaise = 0x1.0p-20;
inline constexpr double kDimensionBegin = 0.5;  // the default of those that are raised

[[nodiscard]] Batch request_of(std::uint64_t seed, const RequestName& name);

struct OperationName {
  RequestName request;
  std::uint8_t index = 0;  // in the batch
};
// Nothing: it is no id of ours.
[[nodiscard]] std::optional<OperationName> name_of(const OperationId& id);

// What tells the content of one operation from any other, from the operation and from its row in the ledger. Of the row's
// texts the turn has user input, response and metadata, every other kind the payload.
[[nodiscard]] std::uint64_t digest_of(const Operation& operation);
[[nodiscard]] std::uint64_t digest_of_turn(std::string_view user, std::string_view user_input,
                                           std::string_view response, std::string_view metadata);
[[nodiscard]] std::uint64_t digest_of_other(std::string_view user, std::string_view payload);

// Of a batch, from those of its operations in order: start with 0.
[[nodiscard]] std::uint64_t joined(std::uint64_t before, std::uint64_t digest);
[[nodiscard]] std::uint64_t digest_of(const Batch& batch);

// Of an answer. `encoded`: as `model::encode_result` makes it.
[[nodiscard]] std::uint64_t digest_of_result(std::string_view encoded);
[[nodiscard]] std::uint64_t digest_of(const BatchOutcome& outcome);

}  // namespace penny::proof::kills
