#include "backend/sqlite/forgetting_reads.hpp"

#include <fmt/core.h>

#include <penny/limits.hpp>

#include "backend/sqlite/ledger.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "backend/sqlite/state.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kTurnPlace =
    "SELECT kind, last_turn, session, at, salt IS NULL, "
    "octet_length(user_input) + octet_length(assistant_response) + octet_length(metadata) "
    "FROM ledger WHERE user = ? AND rev = ?";
constexpr const char* kUsersAfter =
    "SELECT name FROM users WHERE id > coalesce((SELECT id FROM users WHERE name = ?), 0) ORDER BY id LIMIT ?";

// Of one read, and of one span: what one `ForgetTurns` does inside the gate stays within some milliseconds.
constexpr int kRowsMax = 2'000;
constexpr std::uint64_t kSpanTurnsMax = 250;
constexpr std::uint64_t kSpanBytesMax = 1U << 20U;

struct Looked {
  bool is_turn = false;
  std::uint64_t last_turn = 0;
  std::string session;
  Time at;
  bool is_forgotten = false;
  std::uint64_t bytes = 0;
};

Result<Looked> look(Connection& connection, std::int64_t user, std::uint64_t rev) {
  Cursor cursor = connection.query(kTurnPlace);
  const auto found = cursor.bind(user).bind(rev).next();
  if (!found) return std::unexpected(found.error());
  if (!*found)
    return base::fail(ErrorCode::kDamaged, fmt::format("the row with rev {} is missing", rev), "run `penny verify`");
  return Looked{.is_turn = cursor.integer(0) == static_cast<std::int64_t>(model::Kind::kAppendTurn),
                .last_turn = cursor.unsigned_integer(1),
                .session = std::string(cursor.text(2)),
                .at = time_of(cursor.integer(3)),
                .is_forgotten = cursor.integer(4) != 0,
                .bytes = cursor.unsigned_integer(5)};
}

// Turns that come one after the other, the latest first, cut into spans.
class Spans {
 public:
  explicit Spans(std::vector<TurnSpan>& spans) : spans_(spans) {}

  void add(std::uint64_t rev, std::uint64_t bytes) {
    const bool fits = is_open_ && spans_.back().last_rev - rev < limits::kForgottenRevsMax &&
                      spans_.back().turns < kSpanTurnsMax && bytes_ + bytes <= kSpanBytesMax;
    if (!fits) {
      spans_.push_back({.first_rev = rev, .last_rev = rev, .turns = 0});
      bytes_ = 0;
      is_open_ = true;
    }
    spans_.back().first_rev = rev;
    spans_.back().turns += 1;
    bytes_ += bytes;
  }
  void close() { is_open_ = false; }

 private:
  std::vector<TurnSpan>& spans_;
  std::uint64_t bytes_ = 0;
  bool is_open_ = false;
};

}  // namespace

Result<TurnRange> range_of_turns(Connection& connection, std::string_view user,
                                 const std::optional<std::string>& session) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  if (!session) return TurnRange{.last_rev = found->last_turn};
  const auto row = load_session(connection, found->id, *session);
  if (!row) return std::unexpected(row.error());
  if (!*row) {
    return base::fail(ErrorCode::kNotFound, fmt::format("the user has no session \"{}\"", *session),
                      "list the sessions to see their names", "session");
  }
  // The row of the session that goes on is not up to date, but then the user's latest turn is in it.
  const auto latest = look(connection, found->id, found->last_turn);
  if (!latest) return std::unexpected(latest.error());
  return TurnRange{.first_rev = (*row)->first_rev,
                   .last_rev = latest->session == *session ? found->last_turn : (*row)->last_turn};
}

Result<SpanPage> spans_of_turns(Connection& connection, std::string_view user, const TurnsWanted& wanted,
                                std::uint64_t from) {
  auto snapshot = Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto found = snapshot->user(user);
  if (!found) return std::unexpected(found.error());
  SpanPage page;
  Spans spans(page.spans);
  std::uint64_t rev = found->id == 0 ? 0 : from;
  for (int rows = 0; rev > wanted.after_rev; ++rows) {
    if (rows == kRowsMax) {
      page.next = rev;
      return page;
    }
    const auto row = look(connection, found->id, rev);
    if (!row) return std::unexpected(row.error());
    if (!row->is_turn) {
      rev = row->last_turn;
      continue;
    }
    const bool is_young =
        wanted.before && row->at >= *wanted.before && !base::proof::is_planted("clean_up_takes_young_turns_along");
    const bool is_wanted = !row->is_forgotten && !is_young && (!wanted.session || row->session == *wanted.session);
    if (is_wanted) spans.add(rev, row->bytes);
    // A span of a session passes over the turns of others; a span of old turns must not.
    if (is_young && !row->is_forgotten) spans.close();
    rev -= 1;
  }
  return page;
}

Result<std::vector<std::string>> users_after(Connection& connection, std::string_view name, std::size_t limit) {
  std::vector<std::string> names;
  Cursor cursor = connection.query(kUsersAfter);
  cursor.bind(name).bind(std::uint64_t{limit});
  for (;;) {
    const auto found = cursor.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return names;
    names.emplace_back(cursor.text(0));
  }
}

}  // namespace penny::backend::sqlite
