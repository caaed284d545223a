#pragma once

// The name of an operation, chosen by its caller, so that a retry is recognised.

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penny {

// Microseconds since 1970 in UTC; for people. The order of truth is `rev`, never a time.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

// 128 bits. Ids that grow with time (UUID version 7, RFC 9562) keep the ledger's index compact: random ones cost about
// a third of the throughput.
struct OperationId {
  std::array<std::uint8_t, 16> bytes{};

  // A new UUIDv7 with a counter: ids of one process grow strictly, also within a millisecond and when the clock steps
  // back. Any thread; does not block.
  [[nodiscard]] static OperationId make();

  // Reads the 36-character form, in either case. Nothing if it is malformed.
  [[nodiscard]] static std::optional<OperationId> parse(std::string_view text);

  // The 36-character form, in lower case.
  [[nodiscard]] std::string to_string() const;

  // The moment inside a UUIDv7; nothing for other versions.
  [[nodiscard]] std::optional<Time> time() const;

  auto operator<=>(const OperationId&) const = default;
};

}  // namespace penny
