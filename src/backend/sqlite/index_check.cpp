#include "backend/sqlite/index_check.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "backend/sqlite/snapshot.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

// With FTS5's check of its index, since SQLite 3.44.
constexpr const char* kIntegrityCheck = "PRAGMA integrity_check(20)";
constexpr const char* kHasMarked = "SELECT has_marked FROM progress WHERE one = 1";
constexpr const char* kCounts = "SELECT user, count FROM documents";
// One line for each document, and for each word of each.
constexpr const char* kDocuments = "SELECT id FROM words_docsize";
constexpr const char* kMakeInstances = "CREATE VIRTUAL TABLE temp.instances USING fts5vocab(main, words, instance)";
constexpr const char* kInstances = "SELECT doc, term, col, \"offset\" FROM temp.instances";
constexpr const char* kIsThere = "SELECT 1 FROM words_docsize WHERE id = ?";
constexpr std::uint64_t kAskedEvery = 100'000;  // words
constexpr std::array<std::string_view, 3> kColumns{"labels", "user_input", "assistant_response"};

bool has(const std::vector<bool>& flags, std::uint64_t seq) { return seq < flags.size() && flags[seq]; }

void note_beyond(std::uint64_t seq, const IndexedDocuments& indexed, std::vector<std::string>& problems) {
  problems.push_back(
      fmt::format("it has a document of seq {}, and says that it has come to {}", seq, indexed.position.seq));
}

Result<void> read_list(Connection& index, IndexedDocuments& indexed, std::vector<std::string>& problems) {
  Cursor cursor = index.query(kDocuments);
  for (;;) {
    const auto found = cursor.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return {};
    const std::uint64_t seq = cursor.unsigned_integer(0);
    if (seq >= indexed.are_there.size()) {
      note_beyond(seq, indexed, problems);
      continue;
    }
    indexed.are_there[seq] = true;
    indexed.documents += 1;
  }
}

Result<void> read_words(Connection& index, IndexedDocuments& indexed, const std::function<bool()>& goes_on,
                        std::vector<std::string>& problems) {
  std::optional<std::uint64_t> stranger;
  Cursor cursor = index.query(kInstances);
  for (std::uint64_t words = 1;; ++words) {
    const auto found = cursor.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) break;
    if (words % kAskedEvery == 0 && !goes_on())
      return base::fail(ErrorCode::kStopped, "the check was stopped", "begin it again");
    const std::uint64_t seq = cursor.unsigned_integer(0);
    if (!has(indexed.are_there, seq)) {
      stranger = seq;
      continue;
    }
    const auto column = std::ranges::find(kColumns, cursor.text(2)) - kColumns.begin();
    indexed.sums[seq] += word_mark(cursor.text(1), static_cast<unsigned>(column), cursor.unsigned_integer(3));
  }
  if (stranger) problems.push_back(fmt::format("it has words of seq {}, and no such document", *stranger));
  return {};
}

Result<void> read_counts(Connection& index, IndexedDocuments& indexed) {
  Cursor cursor = index.query(kCounts);
  for (;;) {
    const auto found = cursor.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return {};
    indexed.counts[cursor.integer(0)] = cursor.integer(1);
  }
}

}  // namespace

Result<void> check_index_file(Connection& index, std::vector<std::string>& problems) {
  Cursor cursor = index.query(kIntegrityCheck);
  for (;;) {
    const auto found = cursor.next();
    if (!found && found.error().code != ErrorCode::kDamaged) return std::unexpected(found.error());
    if (!found) problems.push_back(found.error().message);
    if (!found || !*found) return {};
    if (cursor.text(0) != "ok") problems.emplace_back(cursor.text(0));
  }
}

Result<IndexedDocuments> read_documents(Connection& index, std::string_view store_id,
                                        const std::function<bool()>& goes_on, std::vector<std::string>& problems) {
  // Else it could not have a table of its own, in memory. The file itself was opened to read only.
  if (auto done = index.execute("PRAGMA query_only=OFF"); !done) return std::unexpected(done.error());
  if (auto done = index.execute(kMakeInstances); !done) return std::unexpected(done.error());
  auto snapshot = Snapshot::begin(index);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto position = index_position(index, store_id);
  if (!position) return std::unexpected(position.error());
  IndexedDocuments indexed{.position = *position, .sums = {}, .are_there = {}, .counts = {}};
  indexed.sums.resize(position->seq + 1);
  indexed.are_there.resize(position->seq + 1);
  const auto has_marked = index.integer(kHasMarked);
  if (!has_marked) return std::unexpected(has_marked.error());
  indexed.has_marked = *has_marked != 0;
  if (auto read = read_list(index, indexed, problems); !read) return std::unexpected(read.error());
  if (auto read = read_words(index, indexed, goes_on, problems); !read) return std::unexpected(read.error());
  if (auto read = read_counts(index, indexed); !read) return std::unexpected(read.error());
  return indexed;
}

IndexComparison::IndexComparison(const IndexedDocuments& indexed, FtsWords words)
    : indexed_(indexed),
      words_(std::move(words)),
      have_rows_(indexed.are_there.size()),
      must_be_gone_(indexed.are_there.size()) {}

bool IndexComparison::is_there(std::uint64_t seq) const { return has(indexed_.are_there, seq); }

Result<void> IndexComparison::take(const SearchIndexWriter::Portion& portion, std::vector<std::string>& problems) {
  for (const std::int64_t user : portion.erased) {
    if (std::ranges::find(erased_, user) == erased_.end()) erased_.push_back(user);
  }
  for (const StoredRow& row : portion.rows) {
    if (row.seq >= have_rows_.size()) continue;
    have_rows_[row.seq] = true;
    if (std::ranges::find(erased_, row.row.user) != erased_.end()) continue;
    if (is_there(row.seq)) counts_[row.row.user] += 1;
    if (auto compared = compare(row, problems); !compared) return compared;
  }
  for (const auto& [seq, user] : portion.forgotten) {
    if (seq < must_be_gone_.size()) must_be_gone_[seq] = true;
  }
  return {};
}

Result<void> IndexComparison::compare(const StoredRow& row, std::vector<std::string>& problems) {
  const auto document = index_document(row);
  if (!document && document.error().code == ErrorCode::kDamaged) return {};  // the ledger's own damage
  if (!document) return std::unexpected(document.error());
  if (!*document) {
    const bool may_be_there = row.row.kind == model::Kind::kAppendTurn || row.row.kind == model::Kind::kRememberFact;
    if (is_there(row.seq) && !may_be_there)
      problems.push_back(fmt::format("it has a document of seq {}, which is neither a turn nor a fact", row.seq));
    return {};
  }
  if (!is_there(row.seq)) {
    problems.push_back(fmt::format("it does not have seq {} (rev {} of user {})", row.seq, row.row.rev, row.row.user));
    return {};
  }
  if (base::proof::is_planted("deep_verify_ignores_words")) return {};
  const auto sum = words_.sum(**document);
  if (!sum) return std::unexpected(sum.error());
  if (*sum != indexed_.sums[row.seq])
    problems.push_back(
        fmt::format("it has other words of seq {} (rev {} of user {})", row.seq, row.row.rev, row.row.user));
  return {};
}

std::vector<std::uint64_t> IndexComparison::strays() const {
  std::vector<std::uint64_t> strays;
  for (std::uint64_t seq = 0; seq < indexed_.are_there.size(); ++seq) {
    if (indexed_.are_there[seq] && !have_rows_[seq]) strays.push_back(seq);
  }
  return strays;
}

void IndexComparison::finish(std::vector<std::string>& problems) const {
  for (std::uint64_t seq = 0; seq < must_be_gone_.size(); ++seq) {
    if (must_be_gone_[seq] && indexed_.are_there[seq])
      problems.push_back(fmt::format("it still has seq {}, which was forgotten", seq));
  }
  // Else they can differ for that reason, or because a user was erased meanwhile.
  if (!problems.empty() || !strays().empty()) return;
  const auto compare_counts = [&](std::int64_t user, std::int64_t count) {
    if (std::ranges::find(erased_, user) != erased_.end()) return;
    const auto noted = indexed_.counts.find(user);
    const std::int64_t said = noted == indexed_.counts.end() ? 0 : noted->second;
    if (said != count)
      problems.push_back(fmt::format("it counts {} documents of user {}, and has {}", said, user, count));
  };
  for (const auto& [user, count] : counts_) compare_counts(user, count);
  for (const auto& [user, count] : indexed_.counts) {
    if (!counts_.contains(user) && count != 0) compare_counts(user, 0);
  }
}

Result<bool> has_document(Connection& index, std::uint64_t seq) { return index.query(kIsThere).bind(seq).next(); }

}  // namespace penny::backend::sqlite
