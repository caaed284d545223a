#pragma once

// The checkers. Each is pure, reads nothing but the history, and believes none of the others; their cost grows with the number
// of calls, not faster. The claims stand here, so that a test can ask for one.

#include <cstdint>
#include <string_view>

#include "proof/histories/findings.hpp"
#include "proof/histories/history.hpp"

namespace penny::proof::histories {

namespace claim {
// check_set
inline constexpr std::string_view kNothingLost = "every acknowledged operation is there in the end, as often as once";
inline constexpr std::string_view kNothingDoubled = "no operation, turn or fact is there twice";
inline constexpr std::string_view kRefusedIsAbsent = "nothing that was refused is there";
inline constexpr std::string_view kAllOrNothing = "a batch is there whole or not at all, answered or killed";
inline constexpr std::string_view kNothingForeign = "nothing is there that nobody sent, and nothing is altered";
inline constexpr std::string_view kSeenAtOnce =
    "a session or list of facts read after an acknowledgement holds what was acknowledged";
inline constexpr std::string_view kOneStoring = "of all attempts with one id one stores, and a retry says so";
// check_sequence
inline constexpr std::string_view kWritesInOrder =
    "the rev of a write is above every rev that was known before it began";
inline constexpr std::string_view kReadsInOrder =
    "the rev of a read is no less than any that was known before it began";
inline constexpr std::string_view kOneRev = "an operation has one rev, and a rev one operation";
inline constexpr std::string_view kNoGap = "a user's revs are 1..n, and a batch's follow each other";
// check_model
inline constexpr std::string_view kOutcomesAgree = "every outcome is what the model answers at its rev, bit by bit";
inline constexpr std::string_view kReadsAgree =
    "every read is what the model answers at the rev that it saw, bit by bit";
inline constexpr std::string_view kWatchesAgree = "a watch gives the next change, in order and without a gap";
inline constexpr std::string_view kRefusalsAgree =
    "every refusal is one that the model gives at some moment of the call";
inline constexpr std::string_view kStateAgrees = "the state in the end is the model's, bit by bit";
inline constexpr std::string_view kPlainRefusals =
    "no caller is told of a lock, damage, a failed disk or an unknown outcome";
// check_lists
inline constexpr std::string_view kNoCycle =
    "sessions as lists: some order of all calls, within their moments, explains every read (no G0, G1c, G-single, G2)";
inline constexpr std::string_view kNoAborted = "sessions as lists: nothing refused is read (G1a)";
inline constexpr std::string_view kNoIntermediate = "sessions as lists: no half of a batch is read (G1b)";
inline constexpr std::string_view kOneOrder =
    "sessions as lists: all reads of a list agree on its order, without duplicates";
// check_linear
inline constexpr std::string_view kRegister = "a preference alone is a linearisable register with compare-and-set";
inline constexpr std::string_view kCounter = "a dimension alone is a linearisable counter";
// check_evolution
inline constexpr std::string_view kVersionsWhole =
    "evolution: versions are 1..n, and each old value is the new value before it";
inline constexpr std::string_view kFoldAgrees =
    "evolution: folding it gives every value and confidence that anybody was told";
// check_guarantees
inline constexpr std::string_view kReadYourWrites = "a thread reads what it wrote (versions of what it reads again)";
inline constexpr std::string_view kMonotonicReads = "a thread never reads something older than it read before";
inline constexpr std::string_view kMonotonicWrites = "what a thread writes comes after what it wrote and read before";
inline constexpr std::string_view kOtherProcesses =
    "what one process was told is stored, the next read of any other process sees";
}  // namespace claim

void check_set(const History& history, Findings& findings);         // set-full
void check_sequence(const History& history, Findings& findings);    // sequence sweep by rev
void check_model(const History& history, Findings& findings);       // replay in order of rev
void check_lists(const History& history, Findings& findings);       // list-append in the manner of Elle, ignores rev
void check_evolution(const History& history, Findings& findings);   // the fold of the evolution
void check_guarantees(const History& history, Findings& findings);  // session guarantees across processes, by versions

// Linearisability of the preferences and dimensions, key by key, by search; ignores rev, and versions too but for what a
// compare-and-set asks for. What takes more than its share of the search is left undecided, up to a moment where the
// state is known again.
struct LinearCounts {
  std::uint64_t calls = 0;
  std::uint64_t windows = 0;  // between moments at which no call on the key ran
  std::uint64_t undecided = 0;
  std::uint64_t configurations_max = 0;
};
LinearCounts check_linear(const History& history, Findings& findings);

// How many calls ran at the same time as another one on the same hot key.
struct Overlap {
  std::uint64_t calls = 0;
  std::uint64_t overlapping = 0;
  [[nodiscard]] double share() const {
    return calls == 0 ? 0 : static_cast<double>(overlapping) / static_cast<double>(calls);
  }
};
[[nodiscard]] Overlap overlap_of(const History& history);

}  // namespace penny::proof::histories
