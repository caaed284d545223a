// The quota of a user, and the sum that it is compared with. See usage.hpp.

#include <algorithm>
#include <utility>

#include "backend/sqlite/apply.hpp"
#include "backend/sqlite/usage.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {

// Before anything of the batch is written. What adds nothing always fits, so that forgetting and erasing can make room.
Result<void> Applier::check_quota(const std::optional<std::int64_t>& user, const PreparedBatch& batch) {
  if (!user_bytes_max_) return {};
  std::uint64_t added = 0;
  for (const PreparedOperation& prepared : batch.operations) added += kept_bytes(prepared);
  if (added == 0) return {};
  std::uint64_t used = 0;
  if (user) {
    auto head = read_head(*user, batch.user);
    if (!head) return std::unexpected(head.error());
    if (auto counted = count_used(*user, *head); !counted) return counted;
    used = *head->used;
    heads_.insert_or_assign(*user, std::move(*head));
  }
  if (used + added <= *user_bytes_max_ || base::proof::is_planted("quota_not_checked")) return {};
  return std::unexpected(over_quota(batch.user, used, added, *user_bytes_max_));
}

// Sets `used`, if it is not known.
Result<void> Applier::count_used(std::int64_t user, Head& head) {
  if (head.used) return {};
  const auto used = used_bytes(connection_, user);
  if (!used) return std::unexpected(used.error());
  head.used = *used;
  return {};
}

// After the operation's row: `used` with it, if it was known.
Result<void> Applier::note_usage(const Context& context, Head& head) {
  if (!head.used) return {};
  const std::uint64_t with = *head.used + kept_bytes(*context.prepared);
  head.used = with - std::min(with, forgotten_bytes_);
  if (!is_usage_noted(context.row.kind, context.row.rev)) return {};
  return save_usage(connection_, context.user, context.row.rev, *head.used);
}

}  // namespace penny::backend::sqlite
