#pragma once

// What a writer asks of the store, as a function of its log entry: a retry, also by the next life of a killed process,
// sends exactly what was sent before.

#include <cstdint>
#include <string>
#include <string_view>

#include <penny/operation.hpp>

#include "account/log_format.hpp"
#include "cli/stress/script.hpp"

namespace penny::cli::stress {

// Kinds of the log, which are those of the store's view `operations`.
enum class Kind : std::uint8_t {
  kAppendTurn = 1,
  kSetPreference = 4,
  kAdjustDimension = 5,
  kSetDimension = 7,
  kRememberFact = 8,
};

// Bit of `Entry::source`, beside the number of the line: the turn is committed with what it taught, as one batch.
inline constexpr std::uint32_t kTeaches = 0x8000'0000U;

// Fills the entry's own fields but id, user, thread, times and state.
void describe(account::Entry& head, Kind kind, std::uint32_t source, std::string_view key, double number,
              const Script& script);

// The operations of the entry that heads them; more than one only for a turn that teaches.
[[nodiscard]] Batch build_request(const account::Entry& head, std::string_view user, Modality modality,
                                  const Script& script);

// Describes the further operations of a request, which `build_request` derived from its head.
void describe_learned(account::Entry& member, const Operation& operation);

}  // namespace penny::cli::stress
