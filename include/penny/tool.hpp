#pragma once

// What an assistant may call: a tool's name, its input's schema, its limits, and what does the work.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <penny/cancel.hpp>
#include <penny/error.hpp>
#include <penny/id.hpp>
#include <penny/model.hpp>

namespace penny {

// What a call can touch, from the least to the most; a tool names the most of what it does.
enum class SideEffects : std::uint8_t {
  kNone = 1,            // reads nothing but its input and the clock, and changes nothing
  kReadsMemory = 2,     // reads what the store holds of the user
  kWritesMemory = 3,    // adds to it
  kReachesNetwork = 4,  // sends its input to other machines
  kRunsPrograms = 5,    // starts a program of this machine
};

// "none", "reads_memory", "writes_memory", "reaches_network", "runs_programs".
[[nodiscard]] std::string_view to_string(SideEffects side_effects);

// One call, as its handler gets it. What it refers to outlives the call.
struct ToolCallContext {
  std::string_view user;
  OperationId call;        // of this call; what it stores bears it, so that a retry changes nothing
  std::string_view input;  // JSON in canonical form, checked against the schema, defaults filled in
  std::chrono::steady_clock::time_point deadline;  // nobody waits for an answer after it
  CancelToken cancel;                              // cancelled at the deadline, or before
  // Whose words led to the call: a model that read a page and then calls says `kWeb`.
  Origin origin = Origin::kAssistant;
};

// Answers with one JSON value of any kind. Blocks until it is done, is cancelled, or has failed. Called by several threads at once.
using ToolFunction = std::function<Result<std::string>(const ToolCallContext&)>;

// A program that reads the input as JSON from its standard input and writes one JSON value to its standard output.
struct ToolProgram {
  std::vector<std::string> command{};  // an absolute path, then arguments; no shell looks at them
  bool has_network = false;
  std::uint64_t memory_bytes = std::uint64_t{512} << 20;
  std::uint32_t processes = 16;
  std::uint64_t file_bytes = std::uint64_t{64} << 20;  // of each file that it writes
  std::uint32_t cpu_seconds = 30;
  std::size_t output_bytes = std::size_t{64} << 10;  // of its standard output; the rest is cut off
  std::vector<std::string> readable_paths{};         // absolute, beside the system's own programs and libraries
};

struct ToolLimits {
  std::uint32_t calls_max = 5;                           // of one user in any window, 1..100
  std::chrono::seconds window{60};                       // 1 s..1 hour
  std::chrono::milliseconds deadline{30'000};            // of one call, 1 ms..10 minutes
  std::size_t input_bytes_max = std::size_t{16} << 10;   // 2 bytes..64 KiB, looked at before anything is parsed
  std::size_t output_bytes_max = std::size_t{64} << 10;  // 1 byte..1 MiB
  bool operator==(const ToolLimits&) const = default;
};

struct Tool {
  std::string name{};          // "math.calc": lower-case words of a-z, 0-9 and _, joined by dots; at most 64 bytes
  std::string description{};   // for a model, 1..1024 bytes
  std::string input_schema{};  // JSON Schema; see docs/tools_inputs.md for what of it is understood
  SideEffects side_effects = SideEffects::kNone;
  std::variant<ToolFunction, ToolProgram> handler{};
  ToolLimits limits{};
  bool is_output_untrusted = false;      // its output holds words of others: text to read, never instructions
  Origin output_origin = Origin::kTool;  // `kTool` or `kWeb`
  bool needs_permission = false;         // whoever runs the assistant is asked before each call
};

// Tools by their names. It is filled by one thread; afterwards nothing of it changes, and any thread may call any const function.
class ToolRegistry {
 public:
  ToolRegistry();
  ToolRegistry(ToolRegistry&&) noexcept;
  ToolRegistry& operator=(ToolRegistry&&) noexcept;
  ~ToolRegistry();

  // `kInvalid` with the field that is wrong: a name that is malformed or taken, a description, schema or limit out of range, a
  // handler that is none.
  [[nodiscard]] Result<void> add(Tool tool);

  // Nothing if there is none of that name. Valid for as long as the registry is.
  [[nodiscard]] const Tool* find(std::string_view name) const;

  // In order of their names.
  [[nodiscard]] std::vector<const Tool*> tools() const;

  // The input of a call in canonical form, with defaults filled in: keys sorted, no spaces, numbers and escapes in one form, so that
  // equal inputs are equal texts. `kNotFound` if there is no such tool. `kInvalid` with `field` "input.max_results" and a message that a
  // model can act upon. Takes milliseconds at most for any bytes. Does not block.
  [[nodiscard]] Result<std::string> check_input(std::string_view tool, std::string_view input) const;

 private:
  struct Entry;
  [[nodiscard]] const Entry* find_entry(std::string_view name) const;

  std::vector<std::unique_ptr<const Entry>> entries_;  // in order of their names
};

}  // namespace penny
