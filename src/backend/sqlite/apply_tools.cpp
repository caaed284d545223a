// What operations make of calls of tools: permits, and what became of the calls.

#include <chrono>
#include <utility>

#include <fmt/core.h>

#include "backend/sqlite/apply.hpp"
#include "backend/sqlite/tool_state.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"
#include "rules/tool_window.hpp"

namespace penny::backend::sqlite {
namespace {

Error rate_limited(const TakeToolPermit& permit, std::chrono::microseconds free_in) {
  return {.code = ErrorCode::kRateLimited,
          .message = fmt::format("{} was called {} times within {} s", permit.tool, permit.calls_max, permit.window_s),
          .advice = fmt::format("call it again in {:.1f} s", std::chrono::duration<double>(free_in).count()),
          .field = "tool",
          .free_at = base::now() + free_in};
}

}  // namespace

Result<OperationResult> Applier::take_tool_permit(Context& context, const TakeToolPermit& permit) {
  const LedgerRow& row = context.row;
  PermitResult result;
  const bool is_history = context.prepared->operation.at.has_value();
  if (!is_history) {
    auto loaded = load_tool_window(connection_, context.user, permit.tool);
    if (!loaded) return std::unexpected(loaded.error());
    std::optional<rules::ToolWindow> before;
    if (*loaded) before = std::move((*loaded)->window);
    base::BootTime now = base::boot_time();
    auto taken = rules::take_permit(
        before, {.boot = std::move(now.boot), .boot_time_us = now.since_boot.count(), .time_of_day_us = row.at},
        static_cast<std::uint32_t>(permit.calls_max), std::chrono::seconds(permit.window_s));
    if (!taken) return std::unexpected(rate_limited(permit, taken.error()));
    result = {.calls_left = taken->calls_left,
              .boot = taken->window.boot,
              .boot_time_us = static_cast<std::uint64_t>(taken->window.boot_time_us)};
    auto saved =
        save_tool_window(connection_, context.user, permit.tool, {.window = std::move(taken->window), .rev = row.rev});
    if (!saved) return std::unexpected(saved.error());
  }
  auto journalled = save_tool_call(connection_, context.user, {.first_rev = row.rev, .tool = permit.tool});
  if (!journalled) return std::unexpected(journalled.error());
  return OperationResult(std::move(result));
}

Result<OperationResult> Applier::record_tool_outcome(Context& context, const RecordToolOutcome& outcome) {
  auto loaded = load_tool_call(connection_, context.user, outcome.call);
  if (!loaded) return std::unexpected(loaded.error());
  if (!*loaded) {
    return base::fail(ErrorCode::kNotFound, fmt::format("the user has no call {} of a tool", outcome.call.to_string()),
                      "record the outcome under the id of its permit");
  }
  ToolCallRow& call = **loaded;
  if (call.outcome_rev != 0 && !base::proof::is_planted("tool_outcome_recorded_again")) {
    return base::fail(
        ErrorCode::kConflict,
        fmt::format("what became of call {} was recorded at rev {}", outcome.call.to_string(), call.outcome_rev),
        "leave it as it is; a call ends once", "recorded");
  }
  call.status = outcome.status;
  call.outcome_rev = context.row.rev;
  if (auto saved = save_tool_call(connection_, context.user, call); !saved) return std::unexpected(saved.error());
  return OperationResult(ToolOutcomeResult{.tool = std::move(call.tool)});
}

}  // namespace penny::backend::sqlite
