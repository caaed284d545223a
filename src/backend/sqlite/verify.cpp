#include "backend/sqlite/verify.hpp"

#include <fmt/core.h>

#include "backend/sqlite/erase_steps.hpp"
#include "backend/sqlite/erasures.hpp"
#include "backend/sqlite/fold.hpp"
#include "backend/sqlite/ledger.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr std::size_t kProblemsMax = 100;

// `quick_check` with the indexes: a retry that an index does not find would be stored twice.
constexpr const char* kIntegrityCheck = "PRAGMA integrity_check(20)";
// The list of free pages by itself. When a view happens to be the first object of its table of names, SQLite (3.40 to
// 3.54 at least) takes the check above for one of single tables, and leaves that list out; a commit would find it then.
constexpr const char* kFreePagesCheck = "PRAGMA integrity_check(sqlite_schema)";
// An erased user has no name until he writes again.
constexpr const char* kNextUser =
    "SELECT id, name FROM users WHERE id > ?1 UNION SELECT user, '' FROM erasures WHERE user > ?1 AND user NOT IN "
    "(SELECT id FROM users) ORDER BY 1 LIMIT 1";
constexpr const char* kUsers = "SELECT count(*) FROM users";
constexpr const char* kRows = "SELECT " PENNY_LEDGER_COLUMNS " FROM ledger WHERE user = ? ORDER BY rev";
// Rows that no user's fold would ever look at.
constexpr const char* kOrphans =
    "WITH known(id) AS (SELECT id FROM users UNION SELECT user FROM erasures "
    "UNION SELECT user FROM erased_lives WHERE is_removed = 0) "
    "SELECT 'ledger', count(*) FROM ledger WHERE user NOT IN (SELECT id FROM known) "
    "UNION ALL SELECT 'sessions', count(*) FROM sessions WHERE user NOT IN (SELECT id FROM known) "
    "UNION ALL SELECT 'preferences', count(*) FROM preferences WHERE user NOT IN (SELECT id FROM known) "
    "UNION ALL SELECT 'dimensions', count(*) FROM dimensions WHERE user NOT IN (SELECT id FROM known) "
    "UNION ALL SELECT 'learned', count(*) FROM learned WHERE user NOT IN (SELECT id FROM known) "
    "UNION ALL SELECT 'evolution', count(*) FROM evolution WHERE user NOT IN (SELECT id FROM known) "
    "UNION ALL SELECT 'facts', count(*) FROM facts WHERE user NOT IN (SELECT id FROM known) "
    "UNION ALL SELECT 'forgettings', count(*) FROM forgettings WHERE user NOT IN (SELECT id FROM known) "
    "UNION ALL SELECT 'tool_windows', count(*) FROM tool_windows WHERE user NOT IN (SELECT id FROM known) "
    "UNION ALL SELECT 'tool_calls', count(*) FROM tool_calls WHERE user NOT IN (SELECT id FROM known) "
    "UNION ALL SELECT 'usage', count(*) FROM usage WHERE user NOT IN (SELECT id FROM known)";

std::unexpected<Error> stopped() { return base::fail(ErrorCode::kStopped, "the check was stopped", "begin it again"); }

// What SQLite calls corrupt is a finding, not a failure to look.
Result<void> as_finding(const Error& error, VerifyReport& report) {
  if (error.code != ErrorCode::kDamaged) return std::unexpected(error);
  report.problems.push_back(error.message);
  return {};
}

Result<void> integrity_check(Connection& connection, const char* check, VerifyReport& report) {
  Cursor cursor = connection.query(check);
  for (;;) {
    const auto found = cursor.next();
    if (!found) return as_finding(found.error(), report);
    if (!*found) return {};
    if (cursor.text(0) != "ok") report.problems.push_back(fmt::format("integrity_check: {}", cursor.text(0)));
  }
}

Result<void> verify_user(Connection& connection, std::int64_t user, std::string_view name, const std::string& store_id,
                         VerifyReport& report) {
  auto begun = begin_fold(connection, user, name, store_id);
  if (!begun) return as_finding(begun.error(), report);
  UserFold& fold = *begun;
  {
    Cursor cursor = connection.query(kRows);
    cursor.bind(user);
    for (;;) {
      const auto found = cursor.next();
      if (!found) return as_finding(found.error(), report);
      if (!*found) break;
      const auto row = read_row(cursor);
      if (!row) {
        report.problems.push_back(row.error().message);
        continue;
      }
      fold.take(*row, report.problems);
      if (report.problems.size() > kProblemsMax) return {};
    }
  }
  const auto life = new_life_of(connection, user);
  if (!life) return as_finding(life.error(), report);
  if (*life && !(*life)->is_sealed)
    report.problems.push_back(fmt::format("user {}: what is noted of the erase, or the key, was changed", user));
  const std::uint64_t before = fold.first_rev() - 1;
  if (fold.rev() == before) report.problems.push_back(fmt::format("user {}: there is no operation", user));
  report.operations += fold.rev() - before;
  report.forgotten += fold.forgotten();
  if (auto compared = fold.compare(connection, report.problems); !compared) return as_finding(compared.error(), report);
  return {};
}

Result<void> find_orphans(Connection& connection, VerifyReport& report) {
  Cursor cursor = connection.query(kOrphans);
  for (;;) {
    const auto found = cursor.next();
    if (!found) return as_finding(found.error(), report);
    if (!*found) return {};
    if (cursor.integer(1) != 0)
      report.problems.push_back(fmt::format("{}: {} rows belong to no user", cursor.text(0), cursor.integer(1)));
  }
}

}  // namespace

Result<VerifyReport> verify(Connection& connection, const std::string& store_id,
                            const std::function<bool(const VerifyProgress&)>& progress) {
  VerifyReport report;
  const auto goes_on = [&](const VerifyProgress& now) { return !progress || progress(now); };
  if (!goes_on({.stage = VerifyStage::kFile})) return stopped();
  for (const char* check : {kIntegrityCheck, kFreePagesCheck}) {
    if (base::proof::is_planted("verify_skips_indexes")) break;
    if (auto checked = integrity_check(connection, check, report); !checked) return std::unexpected(checked.error());
  }
  const auto users = connection.integer(kUsers);
  if (!users) {
    if (auto noted = as_finding(users.error(), report); !noted) return std::unexpected(noted.error());
  }
  std::int64_t last_user = 0;
  while (report.problems.size() <= kProblemsMax) {
    if (!goes_on({.stage = VerifyStage::kLedger,
                  .done = report.users,
                  .total = static_cast<std::uint64_t>(users.value_or(0))})) {
      return stopped();
    }
    auto snapshot = Snapshot::begin(connection);
    if (!snapshot) return std::unexpected(snapshot.error());
    std::string name;
    {
      Cursor cursor = connection.query(kNextUser);
      const auto found = cursor.bind(last_user).next();
      if (!found) {
        if (auto noted = as_finding(found.error(), report); !noted) return std::unexpected(noted.error());
        break;
      }
      if (!*found) break;
      last_user = cursor.integer(0);
      name = std::string(cursor.text(1));
    }
    if (!name.empty()) report.users += 1;
    if (auto verified = verify_user(connection, last_user, name, store_id, report); !verified)
      return std::unexpected(verified.error());
  }
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  if (auto found = find_orphans(connection, report); !found) return std::unexpected(found.error());
  if (const auto key = erasure_key(connection); !key) {
    if (auto noted = as_finding(key.error(), report); !noted) return std::unexpected(noted.error());
  }
  const auto unfinished = unfinished_erases(connection);
  if (!unfinished) {
    if (auto noted = as_finding(unfinished.error(), report); !noted) return std::unexpected(noted.error());
    return report;
  }
  for (const UnfinishedErase& erase : *unfinished) {
    report.notes.push_back(
        fmt::format("the erase of user {} is unfinished: {} rows of the ledger are left", erase.user, erase.rows));
  }
  return report;
}

}  // namespace penny::backend::sqlite
