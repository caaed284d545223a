#pragma once

// What happened to one store, as its callers saw it: every call with its two moments on one clock, what it asked, and what
// it was told. The checkers read this and nothing else, so everything is in numbers here: an operation is the number that
// its id was made from, a text is the number it was made from (see vocabulary.hpp), and whatever the store gives back that
// nobody made is kNobodys. Plain values, without the store.

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <penny/error.hpp>

namespace penny::proof::histories {

inline constexpr std::uint64_t kNobodys = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::uint64_t kNoVersion = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::uint32_t kNoCall = std::numeric_limits<std::uint32_t>::max();
inline constexpr std::size_t kUsers = 2;
inline constexpr std::size_t kHotKeys = 8;

enum class Kind : std::uint8_t {
  kNone,
  kAppendTurn,
  kEndSession,
  kObservePreference,
  kSetPreference,
  kAdjustDimension,
  kObserveDimension,
  kSetDimension,
  kRememberFact,
  kForgetFact,
};

// Preferences and dimensions.
enum class Name : std::uint8_t {
  kNone,
  kForeign,
  kTone,
  kFormality,
  kPace,
  kSupport,
  kHumor,
  kProactive,
  kLength,
  kDepth
};

// The bits of a double, the number of an option, or the whole number that a preference's JSON is.
struct Value {
  enum class Type : std::uint8_t { kNone, kReal, kOption, kWhole, kForeign };
  std::uint64_t bits = 0;
  Type type = Type::kNone;
  bool operator==(const Value&) const = default;
};

// One operation, as it was asked for.
struct Action {
  std::uint64_t id = 0;       // of the operation; of a turn and a fact also of its texts
  std::uint64_t session = 0;  // 0: none is named
  Value value{};
  double amount = 0;  // the delta of an adjustment, the confidence of evidence and of a set preference
  double confidence_change = 0;
  std::uint64_t fact = 0;  // to forget
  std::uint64_t if_version = kNoVersion;
  Kind kind = Kind::kNone;
  Name name = Name::kNone;
  bool operator==(const Action&) const = default;
};

// What the store said about one thing: an outcome, or a line of a read.
struct Entry {
  std::uint64_t id = 0;   // of an operation, a turn, a fact
  std::uint64_t rev = 0;  // of the operation, or of the thing's last change
  std::uint64_t session = 0;
  std::uint64_t session_first = 0;
  std::uint64_t number = 0;  // of a turn in its session; of turns in a session; how often a preference was observed
  std::uint64_t version = 0;
  Value value{};
  Value before{};  // evolution: the old value
  double confidence = 0;
  double confidence_change = 0;  // evolution
  Kind kind = Kind::kNone;
  Name name = Name::kNone;
  bool flag = false;  // the value was taken; the session was open; a line of the feed is forgotten
  bool operator==(const Entry&) const = default;
};

// kWrite: one operation, or a batch. The rest are reads.
enum class Ask : std::uint8_t {
  kWrite,
  kLastTurns,
  kSessionTurns,
  kPreferences,
  kPersonality,
  kEvolution,
  kFacts,
  kChanges,
  kPromptContext,
  kSessions,
  kWatch,   // the next change, if there is one in time
  kVerify,  // only in the end, and by long readers
};

enum class Status : std::uint8_t {
  kPending,  // no answer was recorded
  kOk,
  kRefused,  // certainly without effect
  kUnknown,  // with or without effect, at the latest when it completed
};

struct GuardKey {
  enum class What : std::uint8_t { kTurns, kSession, kPreference, kDimension, kFact };
  std::uint64_t number = 0;  // of a session or a fact
  What what = What::kTurns;
  Name name = Name::kNone;
  bool operator==(const GuardKey&) const = default;
};

// `if_unchanged_since` of a batch.
struct Guard {
  std::uint64_t rev = 0;
  std::uint32_t based_on = kNoCall;  // the number, in the same lane, of the read that it was decided on
  std::vector<GuardKey> keys{};
};

struct Call {
  std::uint64_t invoked = 0;         // ns, before the call
  std::uint64_t completed = kNever;  // ns, after it; of one whose process died, when that was seen
  std::uint32_t process = 0;         // a new number after each start
  std::uint32_t thread = 0;
  std::uint32_t number = 0;  // in its lane, which is one thread of one process
  Ask ask = Ask::kWrite;
  std::uint8_t user = 0;
  Status status = Status::kPending;
  ErrorCode error{};
  bool is_already_stored = false;
  bool is_id_reused = false;   // on purpose, with another payload
  std::uint64_t rev = 0;       // that a read saw; 0 if it was not told
  std::uint64_t session = 0;   // kSessionTurns
  std::uint64_t since = 0;     // of a list: after which key
  std::uint32_t limit = 0;     // of a read
  std::uint32_t deadline = 0;  // ms; 0: the usual one
  std::optional<Guard> guard{};
  std::vector<Action> actions{};  // a write: what was asked; kChanges and kWatch: what the store says was asked
  std::vector<Entry> entries{};
  std::string text{};  // kPromptContext; of an error its message

  [[nodiscard]] bool is_write() const { return ask == Ask::kWrite; }
  [[nodiscard]] bool is_stored() const { return is_write() && status == Status::kOk; }
  [[nodiscard]] bool has_read() const { return !is_write() && status == Status::kOk; }
};

// The order of a history's calls.
[[nodiscard]] inline bool begins_before(const Call& one, const Call& other) {
  return std::tie(one.invoked, one.process, one.thread, one.number) <
         std::tie(other.invoked, other.process, other.thread, other.number);
}

struct SessionLine {
  std::uint64_t session = 0;
  std::uint64_t first_rev = 0;
  std::uint64_t turn_count = 0;
  bool is_ended = false;
  std::vector<Entry> turns{};  // read through the session
};

// What a fresh process reads once nobody writes any more.
struct FinalState {
  std::uint64_t rev = 0;
  std::vector<Entry> changes;
  std::vector<Action> changes_asked;  // for each of `changes`
  std::vector<Entry> preferences;
  std::vector<Entry> dimensions;
  std::vector<Entry> evolution;
  std::vector<Entry> facts;
  std::vector<SessionLine> sessions;
};

struct History {
  std::uint64_t seed = 0;
  std::vector<Call> calls;  // in order of `invoked`
  std::array<FinalState, kUsers> final_states;
};

// Whether `id` is one of the turns that the workload made, and so on: kNobodys is nobody's.
[[nodiscard]] inline bool is_known(std::uint64_t id) { return id != kNobodys && id != 0; }

[[nodiscard]] Value real(double number);
[[nodiscard]] double number_of(const Value& value);
[[nodiscard]] inline Value option(std::uint64_t number) { return {.bits = number, .type = Value::Type::kOption}; }
[[nodiscard]] inline Value whole(std::uint64_t number) { return {.bits = number, .type = Value::Type::kWhole}; }

// The hot keys that a call touches, one bit for each (see vocabulary.hpp).
[[nodiscard]] std::uint32_t keys_of(const Call& call);

// One line for a witness. `origin`: the moment that is 0 there.
[[nodiscard]] std::string describe(const Call& call, std::uint64_t origin);
[[nodiscard]] std::string describe(const Action& action);
[[nodiscard]] std::string describe(const Entry& entry);
[[nodiscard]] std::string describe(const Value& value);

}  // namespace penny::proof::histories
