#include "backend/sqlite/usage.hpp"

#include <variant>

#include <fmt/core.h>

namespace penny::backend::sqlite {
namespace {

constexpr std::uint64_t kNotedEveryRevs = 64;

constexpr const char* kUsed =
    "SELECT coalesce((SELECT bytes FROM usage WHERE user = ?1), 0) + coalesce((SELECT sum("
    "CASE WHEN kind = 1 THEN octet_length(user_input) + octet_length(assistant_response) + octet_length(metadata) "
    "WHEN kind BETWEEN 3 AND 8 THEN octet_length(payload) END) FROM ledger "
    "WHERE user = ?1 AND rev > coalesce((SELECT rev FROM usage WHERE user = ?1), 0)), 0)";
constexpr const char* kSave =
    "INSERT INTO usage(user, rev, bytes) VALUES(?1, ?2, ?3) ON CONFLICT(user) DO UPDATE SET rev = ?2, bytes = ?3";

bool is_kept(model::Kind kind) {
  return kind != model::Kind::kAppendTurn && kind != model::Kind::kEndSession && kind <= model::Kind::kRememberFact;
}

}  // namespace

std::uint64_t kept_bytes(const PreparedOperation& prepared) {
  if (const auto* turn = std::get_if<AppendTurn>(&prepared.operation.payload))
    return turn->user_input.size() + turn->assistant_response.size() + turn->metadata.size();
  return is_kept(prepared.kind) ? prepared.encoding.size() : 0;
}

std::uint64_t kept_bytes(const StoredRow& stored) {
  const auto size = [](const std::optional<std::string>& text) { return text ? text->size() : 0; };
  if (stored.row.turn) return size(stored.user_input) + size(stored.assistant_response) + size(stored.metadata);
  return is_kept(stored.row.kind) ? size(stored.payload) : 0;
}

bool is_usage_noted(model::Kind kind, std::uint64_t rev) {
  switch (kind) {
    case model::Kind::kForgetFact:
    case model::Kind::kForgetTurn:
    case model::Kind::kForgetTurns:
    case model::Kind::kForgetPreference:
      return true;
    default:
      return rev % kNotedEveryRevs == 0;
  }
}

Result<std::uint64_t> used_bytes(Connection& connection, std::int64_t user) {
  Cursor cursor = connection.query(kUsed);
  const auto found = cursor.bind(user).next();
  if (!found) return std::unexpected(found.error());
  return *found ? cursor.unsigned_integer(0) : 0;
}

Result<void> save_usage(Connection& connection, std::int64_t user, std::uint64_t rev, std::uint64_t bytes) {
  return connection.query(kSave).bind(user).bind(rev).bind(bytes).run();
}

Error over_quota(std::string_view user, std::uint64_t used, std::uint64_t added, std::uint64_t quota) {
  return {.code = ErrorCode::kOverloaded,
          .message = fmt::format("user \"{}\" has {} bytes of texts; {} more would exceed the quota of {}", user, used,
                                 added, quota),
          .advice = "forget turns, facts or preferences of the user, clean up by age, or raise the quota",
          .field = "quota"};
}

}  // namespace penny::backend::sqlite
