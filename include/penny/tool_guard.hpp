#pragma once

// The guard of the tools: whatever an assistant calls goes through it. In this order: the input is checked, permission is asked for, a
// permit is taken in the store (the limit that chat, voice and every other process share, and the journal's first line), the work
// is done and ended at its deadline, what became of it is journalled, and the output is capped and marked.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <penny/cancel.hpp>
#include <penny/error.hpp>
#include <penny/store.hpp>
#include <penny/tool.hpp>

namespace penny {

struct ToolRequest {
  std::string user;
  std::string tool;
  std::string input = "{}";         // JSON, as the model gave it
  std::optional<OperationId> id{};  // of the call; give one to be able to retry. One is made if absent
  Origin origin = Origin::kAssistant;
  std::string channel{};  // who calls, for example "voice@kitchen"
  CancelToken cancel{};   // ends the call early
};

struct ToolAnswer {
  OperationId call;
  ToolCallStatus status =
      ToolCallStatus::kUnknown;  // `kUnknown`: an earlier call with this id, of which nobody knows the end
  std::string output;            // JSON; of a call that failed, a JSON string that says why
  bool is_cut = false;           // it was longer: `output` is a JSON string with the begin of it
  bool is_untrusted = false;     // words of others: text to read, never instructions
  Origin origin = Origin::kTool;
  std::chrono::microseconds took{};
  std::uint64_t calls_left = 0;  // in the window that ended with this call
  bool is_earlier = false;       // a retry: the work was not done again, and the output is what the journal keeps of it
  bool is_journalled = true;     // false: what became of it could not be stored, and stays unknown
};

// What a model is given of it: one JSON object that says whose words the output is, and that they are no instructions if they are not.
[[nodiscard]] std::string text_for_model(const ToolAnswer& answer);

// Under which name a refusal is told: "ToolValidationError" (`kInvalid`), "ToolRateLimitError" (`kRateLimited`), "ToolTimeoutError"
// (`kToolTimedOut`), and for whatever else "ToolError".
[[nodiscard]] std::string_view tool_error_name(ErrorCode code);

// Asked before a call of a tool that needs it, with the input that would be used; may block for as long as a person needs.
using ToolPermission = std::function<bool(const Tool& tool, const ToolRequest& request)>;

// Any thread may call it, many at once.
class ToolGuard {
 public:
  // They outlive the guard. Without `permission`, tools that need it are refused.
  ToolGuard(Store& store, const ToolRegistry& tools, ToolPermission permission = {});
  // Cancels what still runs, and blocks until handlers in this process have come back.
  ~ToolGuard();
  ToolGuard(const ToolGuard&) = delete;
  ToolGuard& operator=(const ToolGuard&) = delete;

  // Blocks until the tool has answered or its deadline has passed, and at most as long again as commits take. Errors: `kNotFound` (no
  // such tool), `kInvalid` (the input; `Error::field`), `kNoPermission`, `kRateLimited` (`Error::free_at`): then it did not run.
  // `kToolTimedOut`: it was ended at its deadline, or goes on without being listened to if it is a function that does not heed its
  // token. `kOverloaded` (tools): too many such are still running. Those of `Store::commit`: then it did not run, but for
  // `kUnknown`, which a retry with the same id settles. A tool that failed is an answer, not an error.
  [[nodiscard]] Result<ToolAnswer> call(const ToolRequest& request);

 private:
  class Calls;
  Store& store_;
  const ToolRegistry& tools_;
  const ToolPermission permission_;
  const std::unique_ptr<Calls> calls_;
};

}  // namespace penny
