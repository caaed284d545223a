#include "backend/sqlite/tool_state.hpp"

#include <vector>

#include "backend/sqlite/ledger.hpp"
#include "base/bytes.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kLoadWindow =
    "SELECT boot, boot_time, time_of_day, permits, rev FROM tool_windows WHERE user = ? AND tool = ?";
constexpr const char* kSaveWindow =
    "INSERT INTO tool_windows(user, tool, boot, boot_time, time_of_day, permits, rev) VALUES(?1, ?2, ?3, ?4, ?5, ?6, "
    "?7) "
    "ON CONFLICT(user, tool) DO UPDATE SET boot = ?3, boot_time = ?4, time_of_day = ?5, permits = ?6, rev = ?7";
constexpr const char* kLoadCall =
    "SELECT c.first_rev, c.tool, c.status, c.outcome_rev "
    "FROM ledger AS l JOIN tool_calls AS c ON c.user = l.user AND c.first_rev = l.rev "
    "WHERE l.operation_id = ? AND l.user = ?";
constexpr const char* kSaveCall =
    "INSERT INTO tool_calls(user, first_rev, tool, status, outcome_rev) VALUES(?1, ?2, ?3, ?4, ?5) "
    "ON CONFLICT(user, first_rev) DO UPDATE SET status = ?4, outcome_rev = ?5";

std::string bytes_of_permits(const std::vector<std::int64_t>& permits_us) {
  base::ByteWriter writer;
  for (const std::int64_t permit_us : permits_us) writer.u64(static_cast<std::uint64_t>(permit_us));
  return writer.take();
}

// A length that is no multiple of 8 leaves a part over, which makes the row differ from the ledger's fold.
std::vector<std::int64_t> permits_of(std::string_view bytes) {
  std::vector<std::int64_t> permits_us(bytes.size() / sizeof(std::uint64_t));
  base::ByteReader reader(bytes);
  for (std::int64_t& permit_us : permits_us) permit_us = static_cast<std::int64_t>(reader.u64());
  if (!reader.at_end()) permits_us.clear();
  return permits_us;
}

}  // namespace

ToolWindowRow read_tool_window(const Cursor& cursor, int first_column) {
  const auto permits = cursor.blob(first_column + 3);
  return {.window = {.boot = std::string(cursor.text(first_column)),
                     .boot_time_us = cursor.integer(first_column + 1),
                     .time_of_day_us = cursor.integer(first_column + 2),
                     .permits_us = permits_of({reinterpret_cast<const char*>(permits.data()), permits.size()})},
          .rev = cursor.unsigned_integer(first_column + 4)};
}

ToolCallRow read_tool_call(const Cursor& cursor) {
  return {.first_rev = cursor.unsigned_integer(0),
          .tool = std::string(cursor.text(1)),
          .status = static_cast<ToolCallStatus>(cursor.integer(2)),
          .outcome_rev = cursor.unsigned_integer(3)};
}

Result<std::optional<ToolWindowRow>> load_tool_window(Connection& connection, std::int64_t user,
                                                      std::string_view tool) {
  Cursor cursor = connection.query(kLoadWindow);
  const auto found = cursor.bind(user).bind(tool).next();
  if (!found) return std::unexpected(found.error());
  return *found ? std::optional(read_tool_window(cursor, 0)) : std::nullopt;
}

Result<void> save_tool_window(Connection& connection, std::int64_t user, std::string_view tool,
                              const ToolWindowRow& row) {
  const std::string permits = bytes_of_permits(row.window.permits_us);
  Cursor cursor = connection.query(kSaveWindow);
  cursor.bind(user).bind(tool).bind(std::string_view(row.window.boot)).bind(row.window.boot_time_us);
  cursor.bind(row.window.time_of_day_us).bind_blob(std::string_view(permits)).bind(row.rev);
  return cursor.run();
}

Result<std::optional<ToolCallRow>> load_tool_call(Connection& connection, std::int64_t user, const OperationId& id) {
  Cursor cursor = connection.query(kLoadCall);
  const auto found = cursor.bind_blob(bytes_of(id)).bind(user).next();
  if (!found) return std::unexpected(found.error());
  return *found ? std::optional(read_tool_call(cursor)) : std::nullopt;
}

Result<void> save_tool_call(Connection& connection, std::int64_t user, const ToolCallRow& row) {
  Cursor cursor = connection.query(kSaveCall);
  cursor.bind(user).bind(row.first_rev).bind(std::string_view(row.tool)).bind(static_cast<std::int64_t>(row.status));
  return cursor.bind(row.outcome_rev).run();
}

}  // namespace penny::backend::sqlite
