#pragma once

// The closed set of operations: everything that changes a store is one of these values.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <penny/id.hpp>
#include <penny/model.hpp>

namespace penny {

// Sizes and ranges: `limits.hpp`. Names are printable UTF-8 of 1..128 bytes; NUL and invalid UTF-8 are refused
// everywhere; confidences are 0..1; confidence changes and deltas are -1..1.

// One side may be empty, not both. Without a session the turn joins the user's open one, which the store rolls over at
// 20 turns; a session that is named holds as many turns as its caller gives it, and begins with its first turn.
struct AppendTurn {
  std::string user_input;
  std::string assistant_response;
  Modality modality = Modality::kChat;
  std::optional<std::string> session{};
  double response_time_ms = 0;
  double confidence = 1;
  std::string metadata = "{}";
  bool operator==(const AppendTurn&) const = default;
};

// Ends the named session, else the user's open one. `kNotFound` if there is none.
struct EndSession {
  std::optional<std::string> session{};
  bool operator==(const EndSession&) const = default;
};

// Evidence for a preference: the same value raises its confidence; another one replaces it if it is surer, else weakens
// it.
struct ObservePreference {
  std::string key;
  std::string value;  // JSON
  double confidence = 0.1;
  bool operator==(const ObservePreference&) const = default;
};

struct SetPreference {
  std::string key;
  std::string value;  // JSON
  double confidence = 1;
  bool operator==(const SetPreference&) const = default;
};

// value = clamp(old + delta, 0, 1). Continuous dimensions only.
struct AdjustDimension {
  std::string name;
  double delta = 0;
  double confidence_change = 0;
  std::string trigger{};
  bool operator==(const AdjustDimension&) const = default;
};

// Evidence: a continuous dimension moves towards the value by its learning rate; a categorical one takes it if the
// confidence is above 0.5; both no further than `limits::kLearnedAtOnceMax` and `kLearnedPerHour` leave. The dimension's
// confidence grows by 0.05 x confidence.
struct ObserveDimension {
  std::string name;
  DimensionValue value;
  double confidence = 1;
  std::string trigger{};
  bool operator==(const ObserveDimension&) const = default;
};

// The value is replaced. An unknown dimension is created with the kind of the value.
struct SetDimension {
  std::string name;
  DimensionValue value;
  double confidence_change = 0;
  std::string trigger{};
  bool operator==(const SetDimension&) const = default;
};

// The fact's id is the operation's.
struct RememberFact {
  std::string text;
  double confidence = 1;
  bool operator==(const RememberFact&) const = default;
};

// `kNotFound` if there is no such fact, or no longer.
struct ForgetFact {
  OperationId fact;
  bool operator==(const ForgetFact&) const = default;
};

// Forgets the texts and metadata of one turn, for good, and the begin of its words in the triggers of what it taught in the same
// batch: its place, time and hash stay, and what it taught. `kNotFound` if there is no such turn, or no longer.
struct ForgetTurn {
  OperationId turn;
  bool operator==(const ForgetTurn&) const = default;
};

// The same for all turns with first_rev <= rev <= last_rev that are not forgotten yet; with a session only those in it. None is
// no error. At most `limits::kForgottenRevsMax` revs in a batch, and texts of `limits::kForgottenBytesMax`, else `kInvalid`:
// `Store::forget_session` and `clean_up` take as many steps as are needed.
struct ForgetTurns {
  std::uint64_t first_rev = 0;
  std::uint64_t last_rev = 0;
  std::optional<std::string> session{};
  bool operator==(const ForgetTurns&) const = default;
};

// The preference is as if it had never been observed; its version goes on. Operations on it lose their values, as far back as
// `limits::kForgottenRevsMax` revs; the outcome says how many revs are left to look through, by sending another one
// (`Store::forget_preference` does). `kNotFound` if there is no such preference, or no longer and nothing is left.
struct ForgetPreference {
  std::string key;
  bool operator==(const ForgetPreference&) const = default;
};

// Everything of the user becomes invisible at once; `Store::erase` then removes it from the disk.
struct EraseUser {
  bool operator==(const EraseUser&) const = default;
};

// A permit to call a tool once, and the journal's line of the call before it runs. `kRateLimited` if the user has that many permits
// for the tool in the window that ends now, whoever took them: chat, voice, any process. Once stored, a retry with the same id is
// "already stored", and does not mean that the tool may run again. With a time given (`Operation::at`, for imports) it is
// history: nothing is counted, and nothing refused.
struct TakeToolPermit {
  std::string tool;             // a name
  std::string input = "{}";     // a JSON object
  std::uint64_t calls_max = 5;  // 1..limits::kToolCallsMax
  std::uint64_t window_s = 60;  // 1..limits::kToolWindowMax
  bool operator==(const TakeToolPermit&) const = default;
};

// What became of a call, once. `kNotFound` if the user has no such permit, `kConflict` (recorded) if its outcome is known.
struct RecordToolOutcome {
  OperationId call;                                    // the permit's id
  ToolCallStatus status = ToolCallStatus::kSucceeded;  // not `kUnknown`
  std::string output{};                                // its begin, or why it failed; may be empty
  double took_ms = 0;
  bool operator==(const RecordToolOutcome&) const = default;
};

using Payload = std::variant<AppendTurn, EndSession, ObservePreference, SetPreference, AdjustDimension,
                             ObserveDimension, SetDimension, RememberFact, ForgetFact, ForgetTurn, ForgetTurns,
                             ForgetPreference, EraseUser, TakeToolPermit, RecordToolOutcome>;

// The kind's name as it stands in the ledger's views and in JSON, for example "append_turn".
[[nodiscard]] std::string_view kind_name(const Payload& payload);

struct Operation {
  std::string user;
  Payload payload;
  std::optional<OperationId> id{};  // one is made if absent; give one to be able to retry
  std::optional<Time> at{};         // for imports; else the moment of the commit
  Origin origin = Origin::kUser;
  std::string channel{};  // who writes, for example "voice@kitchen"; may be empty
  // Of the preference, dimension or fact that it changes; 0: it must not be there, or be a forgotten preference. Else `kConflict`.
  std::optional<std::uint64_t> if_version{};
};

// Refuses the batch with `kConflict` if any of the keys changed after `rev`. Keys: "turns", "session:<id>",
// "preference:<key>", "dimension:<name>", "fact:<id>"; at most 64.
struct IfUnchangedSince {
  std::uint64_t rev = 0;
  std::vector<std::string> keys;
};

// All or nothing, of one user: 1..64 operations, 4 MiB. Their revs are consecutive.
struct Batch {
  std::vector<Operation> operations;
  std::optional<IfUnchangedSince> if_unchanged_since{};
};

}  // namespace penny
