#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <variant>

#include <fmt/core.h>

#include "backend/sqlite/ledger.hpp"
#include "backend/sqlite/reads.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "base/error.hpp"
#include "model/encoding.hpp"

namespace penny::backend::sqlite {
namespace {

#define PENNY_TOOL_CALL                                                                                         \
  "SELECT c.first_rev, p.operation_id, p.at, c.tool, p.payload, c.status, o.payload, c.outcome_rev, p.origin, " \
  "p.channel FROM tool_calls AS c JOIN ledger AS p ON p.user = c.user AND p.rev = c.first_rev "                 \
  "LEFT JOIN ledger AS o ON o.user = c.user AND o.rev = c.outcome_rev "

constexpr const char* kBefore =
    PENNY_TOOL_CALL "WHERE c.user = ? AND c.first_rev < ? ORDER BY c.first_rev DESC LIMIT ?";
constexpr const char* kOne = PENNY_TOOL_CALL
    "WHERE c.user = ?1 AND c.first_rev = (SELECT rev FROM ledger WHERE operation_id = ?2 AND user = ?1)";

template <class Expected>
Result<Expected> decoded(std::span<const std::uint8_t> payload, std::uint64_t rev) {
  auto decoded = model::decode({reinterpret_cast<const char*>(payload.data()), payload.size()});
  if (!decoded) return std::unexpected(decoded.error());
  if (auto* expected = std::get_if<Expected>(&*decoded)) return std::move(*expected);
  return base::fail(ErrorCode::kDamaged, fmt::format("rev {} is an operation of another kind", rev),
                    "run `penny verify`");
}

Result<ToolCall> read_call(const Cursor& cursor) {
  ToolCall call;
  call.rev = cursor.unsigned_integer(0);
  call.id = id_of(cursor.blob(1)).value_or(OperationId{});
  call.at = time_of(cursor.integer(2));
  call.tool = std::string(cursor.text(3));
  auto permit = decoded<TakeToolPermit>(cursor.blob(4), call.rev);
  if (!permit) return std::unexpected(permit.error());
  call.input = std::move(permit->input);
  call.status = static_cast<ToolCallStatus>(cursor.integer(5));
  call.outcome_rev = cursor.unsigned_integer(7);
  call.origin = static_cast<Origin>(cursor.integer(8));
  call.channel = std::string(cursor.text(9));
  if (call.outcome_rev == 0) return call;
  auto outcome = decoded<RecordToolOutcome>(cursor.blob(6), call.outcome_rev);
  if (!outcome) return std::unexpected(outcome.error());
  call.output = std::move(outcome->output);
  call.took_ms = outcome->took_ms;
  return call;
}

}  // namespace

Result<Page<ToolCall>> tool_calls(Connection& connection, std::string_view user, std::uint64_t before,
                                  std::size_t limit) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  Page<ToolCall> page{.rev = found->rev, .items = {}, .next = {}};
  Cursor cursor = connection.query(kBefore);
  cursor.bind(found->id).bind(before == 0 ? found->rev + 1 : before).bind(std::uint64_t{limit + 1});
  for (;;) {
    const auto next = cursor.next();
    if (!next) return std::unexpected(next.error());
    if (!*next) return page;
    if (page.items.size() == limit) {
      page.next = page.items.back().rev;
      return page;
    }
    auto call = read_call(cursor);
    if (!call) return std::unexpected(call.error());
    page.items.push_back(std::move(*call));
  }
}

Result<Read<ToolCall>> tool_call(Connection& connection, std::string_view user, const OperationId& id) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  Cursor cursor = connection.query(kOne);
  const auto next = cursor.bind(found->id).bind_blob(bytes_of(id)).next();
  if (!next) return std::unexpected(next.error());
  if (!*next) {
    return base::fail(ErrorCode::kNotFound, fmt::format("the user has no call {} of a tool", id.to_string()),
                      "list the calls to see their ids", "call");
  }
  auto call = read_call(cursor);
  if (!call) return std::unexpected(call.error());
  return Read<ToolCall>{.rev = found->rev, .value = std::move(*call)};
}

}  // namespace penny::backend::sqlite
