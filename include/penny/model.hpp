#pragma once

// What the store holds about a user: turns, sessions, preferences, the personality and facts.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <penny/id.hpp>

namespace penny {

// Where the user and the assistant met.
enum class Modality : std::uint8_t { kChat = 1, kVoice = 2, kAgent = 3 };

// Whose words these are. What comes from tools and from the web can be a turn, and stands in the journal of calls; it never becomes a
// preference, a dimension or a fact, and forgets nothing: such an operation is refused.
enum class Origin : std::uint8_t { kUser = 1, kAssistant = 2, kTool = 3, kWeb = 4, kImport = 5 };

[[nodiscard]] std::string_view to_string(Modality modality);
[[nodiscard]] std::string_view to_string(Origin origin);
[[nodiscard]] std::optional<Modality> parse_modality(std::string_view text);
[[nodiscard]] std::optional<Origin> parse_origin(std::string_view text);

// A number 0..1 of a continuous dimension, or an option of a categorical one.
using DimensionValue = std::variant<double, std::string>;

// One exchange. Immutable.
struct Turn {
  std::uint64_t rev = 0;
  OperationId id;
  Time at;
  Modality modality = Modality::kChat;
  std::string session;
  std::uint32_t number = 0;  // 1 for the first turn of its session
  std::string user_input;
  std::string assistant_response;
  double response_time_ms = 0;
  double confidence = 1;
  std::string metadata;  // a JSON object
  Origin origin = Origin::kUser;
  std::string channel;
  bool is_forgotten = false;  // its texts and metadata are gone
};

struct Session {
  std::string id;
  std::uint64_t first_rev = 0;
  std::uint64_t last_turn_rev = 0;
  std::uint32_t turn_count = 0;
  Time started_at;
  std::optional<Time> ended_at;     // empty while it is open
  std::vector<std::string> topics;  // in alphabetical order
  std::string summary;              // "Discussed: <topics>. Duration: <n> turns"
};

struct Preference {
  std::string key;
  std::string value;  // JSON
  double confidence = 0;
  std::uint64_t frequency = 0;  // how often this value was observed in a row
  std::uint64_t version = 0;
  std::uint64_t rev = 0;  // of its last change
  Time updated_at;
};

enum class DimensionKind : std::uint8_t { kContinuous = 1, kCategorical = 2 };

struct Dimension {
  std::string name;
  DimensionKind kind = DimensionKind::kContinuous;
  DimensionValue value = 0.5;
  double confidence = 0;
  std::uint64_t version = 0;  // 0 while it was never touched and has its default
  std::uint64_t rev = 0;      // of its last change, 0 for a default
  std::optional<Time> updated_at;
};

// One change of a dimension. Versions are 1..n without a hole, and each old value is the new value of the row before.
struct Evolution {
  std::string dimension;
  std::uint64_t version = 0;
  DimensionValue old_value;
  DimensionValue new_value;
  double confidence_change = 0;  // as applied, after clamping
  std::string trigger;
  OperationId operation;
  std::uint64_t rev = 0;
  Time at;
};

struct Fact {
  OperationId id;  // of the operation that remembered it
  std::string text;
  double confidence = 1;
  std::uint64_t version = 0;
  std::uint64_t rev = 0;  // of its last change
  Time at;
  Origin origin = Origin::kUser;
  std::string channel;
};

// What became of a call of a tool. `kUnknown` until its outcome is recorded: it runs, or whoever ran it died.
enum class ToolCallStatus : std::uint8_t { kUnknown = 1, kSucceeded = 2, kFailed = 3, kTimedOut = 4, kCancelled = 5 };

[[nodiscard]] std::string_view to_string(ToolCallStatus status);
[[nodiscard]] std::optional<ToolCallStatus> parse_tool_call_status(std::string_view text);

// One line of the journal of calls.
struct ToolCall {
  OperationId id;         // of the permit
  std::uint64_t rev = 0;  // the same
  Time at;                // when it was permitted
  std::string tool;
  std::string input;  // JSON
  ToolCallStatus status = ToolCallStatus::kUnknown;
  std::string output;  // the begin of it; words of a tool or of the web, nobody's instructions
  double took_ms = 0;
  std::uint64_t outcome_rev = 0;  // of the operation that recorded the outcome; 0: none did
  Origin origin = Origin::kUser;
  std::string channel;
};

// Of one user, counted from one snapshot.
struct UserStatistics {
  std::uint64_t operations = 0;
  std::uint64_t turns = 0;
  std::uint64_t turns_last_7_days = 0;
  std::uint64_t sessions = 0;
  std::uint64_t preferences = 0;
  std::uint64_t dimensions = 0;  // touched ones
  std::uint64_t facts = 0;
  std::optional<std::string> open_session;
};

struct StoreStatistics {
  std::uint64_t users = 0;
  std::uint64_t operations = 0;
  std::uint64_t turns = 0;
  std::uint64_t file_bytes = 0;  // the database file
  std::uint64_t wal_bytes = 0;   // its write-ahead log
};

}  // namespace penny
