#pragma once

// The fold of one user's calls of tools: windows of permits, and what became of each call.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <penny/error.hpp>
#include <penny/outcome.hpp>

#include "backend/sqlite/ledger.hpp"
#include "backend/sqlite/tool_state.hpp"

namespace penny::backend::sqlite {

class ToolFold {
 public:
  // What the operation leads to; an error if it could not have been accepted. When it was only its outcome tells.
  Result<OperationResult> take_permit(const LedgerRow& row, const TakeToolPermit& permit);
  Result<OperationResult> record_outcome(const LedgerRow& row, const RecordToolOutcome& outcome);

  [[nodiscard]] const std::map<std::string, ToolWindowRow>& windows() const { return windows_; }
  [[nodiscard]] const std::map<std::uint64_t, ToolCallRow>& calls() const { return calls_; }

 private:
  std::map<std::string, ToolWindowRow> windows_;
  std::map<std::uint64_t, ToolCallRow> calls_;
  std::map<OperationId, std::uint64_t> revs_;  // of the permits
};

}  // namespace penny::backend::sqlite
