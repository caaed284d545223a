// What the ledger has for the search index: documents, and what was forgotten of them.

#include "backend/sqlite/search_index.hpp"

#include <utility>

#include <fmt/core.h>

#include "backend/sqlite/erase_steps.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "base/error.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr std::size_t kPortionBytes = std::size_t{1} << 20;

constexpr const char* kNextRows = "SELECT " PENNY_LEDGER_COLUMNS " FROM ledger WHERE seq > ? ORDER BY seq LIMIT ?";
constexpr const char* kLastSeq = "SELECT coalesce(max(seq), 0) FROM ledger";
constexpr const char* kForgottenTurns =
    "SELECT seq FROM ledger WHERE user = ? AND rev >= ? AND rev <= ? AND kind = 1 AND salt IS NULL";
constexpr const char* kOperation = "SELECT seq FROM ledger WHERE operation_id = ? AND user = ?";

std::string labels_of(const StoredRow& stored) {
  std::string labels = user_label(stored.row.user);
  if (stored.row.turn) {
    labels += ' ' + session_label(stored.row.turn->session_first);
    labels += ' ' + modality_label(stored.row.turn->modality);
  }
  return labels;
}

// The documents that an operation of the ledger made unfindable.
Result<void> add_forgotten(Connection& ledger, const StoredRow& stored, SearchIndexWriter::Portion& portion) {
  const LedgerRow& row = stored.row;
  const bool is_by_id = row.kind == model::Kind::kForgetFact || row.kind == model::Kind::kForgetTurn;
  if (!is_by_id && row.kind != model::Kind::kForgetTurns) return {};
  auto payload = payload_of(stored);
  if (!payload) return std::unexpected(payload.error());
  if (!*payload) return {};
  std::optional<Cursor> cursor;
  OperationId id;
  if (is_by_id) {
    const auto* turn = std::get_if<ForgetTurn>(&**payload);
    id = turn != nullptr ? turn->turn : std::get<ForgetFact>(**payload).fact;
    cursor.emplace(ledger.query(kOperation));
    cursor->bind_blob(bytes_of(id)).bind(row.user);
  } else {
    const auto& turns = std::get<ForgetTurns>(**payload);
    cursor.emplace(ledger.query(kForgottenTurns));
    cursor->bind(row.user).bind(turns.first_rev).bind(turns.last_rev);
  }
  for (;;) {
    const auto found = cursor->next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return {};
    portion.forgotten.emplace_back(cursor->unsigned_integer(0), row.user);
  }
}

}  // namespace

std::string user_label(std::int64_t user) { return fmt::format("u{}", user); }
std::string session_label(std::uint64_t session_first) { return fmt::format("s{}", session_first); }
std::string modality_label(Modality modality) { return fmt::format("m{}", static_cast<unsigned>(modality)); }

Result<std::optional<IndexDocument>> index_document(const StoredRow& stored) {
  using Document = std::optional<IndexDocument>;
  const bool is_fact = stored.row.kind == model::Kind::kRememberFact;
  if (!stored.salt || (!is_fact && stored.row.kind != model::Kind::kAppendTurn)) return Document();
  IndexDocument document{.labels = labels_of(stored),
                         .user_input = stored.user_input.value_or(""),
                         .assistant_response = stored.assistant_response.value_or("")};
  if (is_fact) {
    auto payload = payload_of(stored);
    if (!payload) return std::unexpected(payload.error());
    if (*payload) document.user_input = std::get<RememberFact>(**payload).text;
  }
  return Document(std::move(document));
}

Result<SearchIndexWriter::Portion> SearchIndexWriter::read_portion(Connection& ledger, const IndexPosition& after,
                                                                   std::size_t rows_max, std::uint64_t last_seq) {
  auto snapshot = Snapshot::begin(ledger);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto is_ours = has_position(ledger, after);
  if (!is_ours) return std::unexpected(is_ours.error());
  if (!*is_ours) {
    return base::fail(ErrorCode::kDamaged, "the search index is of another ledger", "it is made anew by itself",
                      kNoIndex);
  }
  Portion portion;
  const auto erased = unfinished_users(ledger);
  if (!erased) return std::unexpected(erased.error());
  portion.erased = *erased;
  std::size_t bytes = 0;
  {
    Cursor cursor = ledger.query(kNextRows);
    cursor.bind(after.seq).bind(std::uint64_t{rows_max});
    while (bytes < kPortionBytes) {
      const auto found = cursor.next();
      if (!found) return std::unexpected(found.error());
      if (!*found || cursor.unsigned_integer(0) > last_seq) break;
      auto row = read_row(cursor);
      if (!row) return std::unexpected(row.error());
      bytes += row->user_input.value_or("").size() + row->assistant_response.value_or("").size();
      portion.rows.push_back(std::move(*row));
    }
  }
  const auto last = ledger.integer(kLastSeq);
  if (!last) return std::unexpected(last.error());
  const std::uint64_t read_to = portion.rows.empty() ? after.seq : portion.rows.back().seq;
  if (const auto end = static_cast<std::uint64_t>(*last); end > read_to) portion.more = end - read_to;
  for (const StoredRow& row : portion.rows) {
    if (auto added = add_forgotten(ledger, row, portion); !added) return std::unexpected(added.error());
  }
  return portion;
}

}  // namespace penny::backend::sqlite
