#include "backend/sqlite/past_reads.hpp"

#include <algorithm>
#include <vector>

#include "backend/sqlite/ledger.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "base/error.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kRows =
    "SELECT " PENNY_LEDGER_COLUMNS " FROM ledger WHERE user = ? AND rev > ? AND rev <= ? ORDER BY rev LIMIT 5000";
constexpr const char* kTimes = "SELECT rev, at FROM ledger WHERE user = ? AND rev > ? AND rev <= ? ORDER BY rev";
constexpr std::uint64_t kTimesLookedAt = 100'000;

}  // namespace

Result<bool> fold_more(Connection& connection, std::string_view user, const std::string& store_id, std::uint64_t until,
                       std::optional<UserFold>& fold) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  if (!fold) {
    auto begun = begin_fold(connection, found->id, user, store_id);
    if (!begun) return std::unexpected(begun.error());
    fold = std::move(*begun);
  }
  if (fold->user() != found->id && found->id != 0 && fold->user() != 0)
    return base::fail(ErrorCode::kConflict, "the user was erased meanwhile", "ask again", "erased");
  const std::uint64_t last = std::min(until, found->rev);
  std::vector<std::string> problems;
  Cursor cursor = connection.query(kRows);
  cursor.bind(found->id).bind(fold->rev()).bind(last);
  for (;;) {
    const auto next = cursor.next();
    if (!next) return std::unexpected(next.error());
    if (!*next) break;
    const auto row = read_row(cursor);
    if (!row) return std::unexpected(row.error());
    fold->take(*row, problems);
    if (!problems.empty())
      return base::fail(ErrorCode::kDamaged, problems.front(),
                        "run `penny verify`; restore a backup if it confirms the damage");
  }
  return fold->rev() >= last;
}

Result<RevAt> rev_at(Connection& connection, std::string_view user, Time time, std::uint64_t rev) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  RevAt answer{.looked_to = std::min(found->rev, rev + kTimesLookedAt)};
  Cursor cursor = connection.query(kTimes);
  cursor.bind(found->id).bind(rev).bind(answer.looked_to);
  for (;;) {
    const auto next = cursor.next();
    if (!next) return std::unexpected(next.error());
    if (!*next) break;
    if (time_of(cursor.integer(1)) > time) {
      answer.rev = cursor.unsigned_integer(0) - 1;
      return answer;
    }
  }
  if (answer.looked_to >= found->rev) answer.rev = found->rev;
  return answer;
}

}  // namespace penny::backend::sqlite
