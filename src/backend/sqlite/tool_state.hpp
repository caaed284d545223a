#pragma once

// The state tables of tools, which are folds of the ledger: windows of permits, and the journal of calls.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <penny/error.hpp>
#include <penny/model.hpp>

#include "backend/sqlite/connection.hpp"
#include "rules/tool_window.hpp"

namespace penny::backend::sqlite {

struct ToolWindowRow {
  rules::ToolWindow window;
  std::uint64_t rev = 0;
  bool operator==(const ToolWindowRow&) const = default;
};

struct ToolCallRow {
  std::uint64_t first_rev = 0;
  std::string tool;
  ToolCallStatus status = ToolCallStatus::kUnknown;
  std::uint64_t outcome_rev = 0;
  bool operator==(const ToolCallRow&) const = default;
};

Result<std::optional<ToolWindowRow>> load_tool_window(Connection& connection, std::int64_t user, std::string_view tool);
Result<void> save_tool_window(Connection& connection, std::int64_t user, std::string_view tool,
                              const ToolWindowRow& row);

// By the id of the permit.
Result<std::optional<ToolCallRow>> load_tool_call(Connection& connection, std::int64_t user, const OperationId& id);
Result<void> save_tool_call(Connection& connection, std::int64_t user, const ToolCallRow& row);

// Rows as `verify` takes them, from a cursor over these columns.
inline constexpr const char* kToolWindowsOfUser =
    "SELECT tool, boot, boot_time, time_of_day, permits, rev FROM tool_windows WHERE user = ?";
inline constexpr const char* kToolCallsOfUser =
    "SELECT first_rev, tool, status, outcome_rev FROM tool_calls WHERE user = ?";
[[nodiscard]] ToolWindowRow read_tool_window(const Cursor& cursor, int first_column);  // boot .. rev
[[nodiscard]] ToolCallRow read_tool_call(const Cursor& cursor);                        // first_rev .. outcome_rev

}  // namespace penny::backend::sqlite
