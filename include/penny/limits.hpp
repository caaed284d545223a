#pragma once

// The bounds of everything that a caller may hand in. A value beyond them is refused as `kInvalid` before anything is
// written.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace penny::limits {

inline constexpr std::size_t kNameBytesMax = 128;  // user ids, keys, dimension names, sessions, channels
inline constexpr std::size_t kTextBytesMax = std::size_t{1} << 20;   // each side of a turn, a fact
inline constexpr std::size_t kJsonBytesMax = std::size_t{64} << 10;  // metadata of a turn, value of a preference
inline constexpr int kJsonDepthMax = 32;
inline constexpr std::size_t kTriggerBytesMax = 1024;  // what moved a dimension, in words
inline constexpr std::size_t kBatchOperationsMax = 64;
inline constexpr std::size_t kBatchBytesMax = std::size_t{4} << 20;
inline constexpr std::size_t kConditionKeysMax = 64;                     // keys of one `IfUnchangedSince`
inline constexpr std::size_t kPageItemsMax = 1000;                       // items of one page of a list
inline constexpr std::uint64_t kForgottenRevsMax = 500;                  // that one `ForgetTurns` may span
inline constexpr std::size_t kForgottenBytesMax = std::size_t{4} << 20;  // of the texts that one operation forgets
inline constexpr int kSessionTurnsMax = 20;           // then the store begins a new session by itself
inline constexpr std::size_t kSearchBytesMax = 1024;  // words of one search
inline constexpr std::size_t kSearchTermsMax = 32;
inline constexpr std::size_t kSearchItemsMax = 100;         // hits of one page
inline constexpr double kResponseTimeMsMax = 86'400'000.0;  // one day
inline constexpr std::size_t kOutcomeBytesMax = 1024;       // what the ledger remembers of an outcome
inline constexpr std::chrono::milliseconds kReadDeadlineMax{2000};
inline constexpr std::uint64_t kToolCallsMax = 100;  // that a limit of a tool may allow in its window
inline constexpr std::chrono::seconds kToolWindowMax{3600};
inline constexpr std::size_t kToolOutputBytesMax = std::size_t{16}
                                                   << 10;  // as the journal keeps it; tools may answer more
inline constexpr std::uint64_t kLogBytesLeast = std::uint64_t{96} << 20U;  // as a limit of the write-ahead log

// What observations may move a dimension of a user, so that nobody can talk a personality round in an afternoon: at once, and then
// again per hour as time passes. Hence never more than the sum of both within 60 minutes. Observations beyond it are not refused:
// they move the dimension by what is left. `AdjustDimension` and `SetDimension` are not bounded.
inline constexpr double kLearnedAtOnceMax = 0.2;
inline constexpr double kLearnedPerHour = 0.1;
inline constexpr double kLearnedByOption = 0.1;  // what taking another option of a categorical dimension counts

}  // namespace penny::limits
