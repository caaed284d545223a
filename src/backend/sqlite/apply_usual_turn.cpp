// The turn that follows another one in a session with room: nine of ten operations. Its only write is its row, and the unique
// index on the ids refuses that row if the id is known, so the id need not be looked up before (5 % of a commit).

#include <sqlite3.h>

#include "backend/sqlite/apply.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {

std::optional<std::int64_t> Applier::user_of_usual_turn(const PreparedBatch& batch) const {
  if (batch.operations.size() != 1 || !batch.following.empty() || !batch.condition_keys.empty()) return std::nullopt;
  const PreparedOperation& prepared = batch.operations.front();
  if (prepared.kind != model::Kind::kAppendTurn || prepared.has_key || prepared.operation.if_version)
    return std::nullopt;
  const auto user = users_.find(batch.user);
  if (!user) return std::nullopt;
  const auto head = heads_.find(*user);
  if (head == heads_.end() || !head->second.open_session) return std::nullopt;
  if (head->second.open_session->number >= limits::kSessionTurnsMax) return std::nullopt;
  return user;
}

// Nothing: the id is known, or the head is not the user's any more. Then nothing was written.
Result<std::optional<BatchOutcome>> Applier::append_usual_turn(std::int64_t user, const PreparedBatch& batch) {
  if (auto holds = erasures_.check_ids(user, batch); !holds) return std::unexpected(holds.error());
  if (auto fits = check_quota(user, batch); !fits) return std::unexpected(fits.error());
  Head& head = heads_.at(user);
  Context context{.user = user, .prepared = &batch.operations.front(), .row = {}};
  context.row.batch_first = head.rev + 1;
  context.row.batch_size = 1;
  auto stored = apply_one(head, context);
  if (!stored) {
    if ((connection_.failure_code() & 0xff) != SQLITE_CONSTRAINT) return std::unexpected(stored.error());
    connection_.forget_failure();
    heads_.erase(user);
    return std::optional<BatchOutcome>();
  }
  BatchOutcome outcome;
  outcome.outcomes.push_back(std::move(*stored));
  return std::optional(std::move(outcome));
}

}  // namespace penny::backend::sqlite
