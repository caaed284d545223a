#include "backend/sqlite/fold_tools.hpp"

#include <chrono>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "rules/tool_window.hpp"

namespace penny::backend::sqlite {

Result<OperationResult> ToolFold::take_permit(const LedgerRow& row, const TakeToolPermit& permit) {
  const auto told = result_of(row);
  if (!told) return std::unexpected(told.error());
  const auto* moment = std::get_if<PermitResult>(&*told);
  if (moment == nullptr) return base::fail(ErrorCode::kDamaged, "its outcome is of another kind");
  PermitResult result;
  if (!moment->boot.empty()) {
    std::optional<rules::ToolWindow> before;
    if (const auto found = windows_.find(permit.tool); found != windows_.end()) before = found->second.window;
    auto taken =
        rules::take_permit(before,
                           {.boot = moment->boot,
                            .boot_time_us = static_cast<std::int64_t>(moment->boot_time_us),
                            .time_of_day_us = row.at},
                           static_cast<std::uint32_t>(permit.calls_max), std::chrono::seconds(permit.window_s));
    if (!taken) return base::fail(ErrorCode::kDamaged, "there were as many permits in its window");
    result = {.calls_left = taken->calls_left, .boot = moment->boot, .boot_time_us = moment->boot_time_us};
    windows_[permit.tool] = {.window = std::move(taken->window), .rev = row.rev};
  }
  calls_[row.rev] = {.first_rev = row.rev, .tool = permit.tool};
  revs_[row.id] = row.rev;
  return result;
}

Result<OperationResult> ToolFold::record_outcome(const LedgerRow& row, const RecordToolOutcome& outcome) {
  const auto rev = revs_.find(outcome.call);
  if (rev == revs_.end()) return base::fail(ErrorCode::kNotFound, "there is no such call");
  ToolCallRow& call = calls_[rev->second];
  if (call.outcome_rev != 0) return base::fail(ErrorCode::kConflict, "its outcome is known");
  call.status = outcome.status;
  call.outcome_rev = row.rev;
  return ToolOutcomeResult{.tool = call.tool};
}

}  // namespace penny::backend::sqlite
