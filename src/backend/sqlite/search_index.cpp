#include "backend/sqlite/search_index.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "backend/sqlite/descriptor.hpp"
#include "backend/sqlite/erase_steps.hpp"
#include "backend/sqlite/reads.hpp"
#include "backend/sqlite/search_expression.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "backend/sqlite/vacuum_steps.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

// Those who read while the log is emptied; whoever comes later reads the file alone, and is not waited for.
constexpr std::chrono::milliseconds kReadersAwaitedMax{500};

// `count` is of the user's documents. Version 1 of this file; another one is made anew.
constexpr const char* kSchema = R"sql(
PRAGMA application_id=1347309139;
PRAGMA user_version=1;
CREATE TABLE progress(one INTEGER PRIMARY KEY CHECK (one = 1), store_id BLOB NOT NULL, seq INTEGER NOT NULL,
  digest BLOB NOT NULL, has_marked INTEGER NOT NULL) STRICT;
CREATE TABLE documents(user INTEGER PRIMARY KEY, count INTEGER NOT NULL) STRICT;
CREATE VIRTUAL TABLE words USING fts5(labels, user_input, assistant_response, content='', contentless_delete=1,
  tokenize='porter unicode61');
)sql";
constexpr std::int64_t kVersion = 1;

constexpr const char* kBeginProgress =
    "INSERT INTO progress(one, store_id, seq, digest, has_marked) VALUES(1, ?, 0, ?, 0)";
constexpr const char* kReadProgress = "SELECT store_id, seq, digest FROM progress WHERE one = 1";
constexpr const char* kMoveOn = "UPDATE progress SET seq = ?, digest = ?, has_marked = ? WHERE one = 1";
constexpr const char* kHasMarked = "SELECT has_marked FROM progress WHERE one = 1";
constexpr const char* kAllMerged = "UPDATE progress SET has_marked = 0 WHERE one = 1";
// A negative number of pages begins to merge all parts into one, a positive one goes on with that.
constexpr const char* kBeginMerge = "INSERT INTO words(words, rank) VALUES('merge', -256)";
constexpr const char* kGoOnMerging = "INSERT INTO words(words, rank) VALUES('merge', 256)";
constexpr const char* kChanges = "SELECT total_changes()";
constexpr const char* kAdd = "INSERT INTO words(rowid, labels, user_input, assistant_response) VALUES(?, ?, ?, ?)";
constexpr const char* kIsThere = "SELECT 1 FROM words WHERE rowid = ?";
constexpr const char* kRemove = "DELETE FROM words WHERE rowid = ?";
constexpr const char* kCount =
    "INSERT INTO documents(user, count) VALUES(?, ?) ON CONFLICT(user) DO UPDATE SET count = count + excluded.count";
// Counted with the first document, and forgotten only when every trace is gone.
constexpr const char* kIsCounted = "SELECT 1 FROM documents WHERE user = ?";
constexpr const char* kForgetCount = "DELETE FROM documents WHERE user = ?";
constexpr const char* kOfUser = "SELECT rowid FROM words WHERE words MATCH ? LIMIT 1000";

std::unexpected<Error> no_index(const std::string& path) {
  return base::fail(ErrorCode::kDamaged, path + " is no search index of this store", "it is made anew by itself",
                    kNoIndex);
}

std::unexpected<Error> cannot_make(const std::string& path) {
  return base::fail(ErrorCode::kStorageFailed, fmt::format("{} could not be made: {}", path, std::strerror(errno)),
                    "check the folder's owner, mode and space; reading and writing go on without it");
}

std::string_view view(const base::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

Result<IndexPosition> index_position(Connection& index, std::string_view store_id) {
  Cursor cursor = index.query(kReadProgress);
  const auto found = cursor.next();
  if (!found) return std::unexpected(found.error());
  IndexPosition position;
  if (!*found) return no_index("the file");
  const auto id = cursor.blob(0);
  const auto digest = cursor.blob(2);
  if (!std::ranges::equal(id, store_id, {}, {}, [](char c) { return static_cast<std::uint8_t>(c); }) ||
      digest.size() != position.digest.size()) {
    return no_index("the file");
  }
  position.seq = cursor.unsigned_integer(1);
  std::ranges::copy(digest, position.digest.begin());
  return position;
}

Result<IndexSpace> index_space(Connection& index, std::string_view store_id) {
  auto snapshot = Snapshot::begin(index);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto position = index_position(index, store_id);
  if (!position) return std::unexpected(position.error());
  const auto space = file_space(index);
  if (!space) return std::unexpected(space.error());
  const auto has_marked = index.integer(kHasMarked);
  if (!has_marked) return std::unexpected(has_marked.error());
  return IndexSpace{.indexed_to = position->seq,
                    .pages = space->pages,
                    .free_pages = space->free_pages,
                    .has_marked = *has_marked != 0};
}

Result<bool> may_have_documents_of(Connection& index, std::int64_t user) {
  return index.query(kIsCounted).bind(user).next();
}

Result<bool> has_position(Connection& ledger, const IndexPosition& position) {
  if (position.seq == 0) return true;
  const auto digest = digest_at(ledger, position.seq);
  if (!digest) return std::unexpected(digest.error());
  return *digest == position.digest;
}

Result<void> create_search_index(const std::string& path, std::string_view store_id) {
  const std::string temporary = path + "-new";
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) unlink((temporary + suffix).c_str());
  {
    // SQLite gives -wal and -shm the mode of the file.
    const Descriptor file(::open(temporary.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() < 0) return cannot_make(path);
  }
  {
    auto opened = Connection::open(temporary, ConnectionRole::kCreator);
    if (!opened) return std::unexpected(opened.error());
    Connection& connection = **opened;
    if (auto done = connection.execute("BEGIN IMMEDIATE"); !done) return done;
    if (auto done = connection.execute(kSchema); !done) return done;
    if (auto done = connection.query(kBeginProgress).bind_blob(store_id).bind_blob(view(base::Digest{})).run(); !done)
      return done;
    if (auto done = connection.execute("COMMIT"); !done) return done;
    if (auto done = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"); !done) return done;
  }
  base::proof::reach("index.made");
  // Whoever has the old one open goes on with it, and notices before it trusts what it read (`Connection::has_moved`).
  for (const char* suffix : {"", "-wal", "-shm"}) unlink((path + suffix).c_str());
  for (const char* suffix : {"-wal", "-shm"}) unlink((temporary + suffix).c_str());
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return cannot_make(path);
  return {};
}

Result<std::unique_ptr<SearchIndexWriter>> SearchIndexWriter::open(const std::string& path, std::string_view store_id) {
  if (access(path.c_str(), F_OK) != 0) return no_index(path);
  auto opened = Connection::open(path, ConnectionRole::kIndexWriter, LogSync::kNever);
  if (!opened) return std::unexpected(opened.error());
  std::unique_ptr<SearchIndexWriter> writer(new SearchIndexWriter(std::move(*opened)));
  const auto version = writer->connection_->integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*version != kVersion) return no_index(path);
  auto position = index_position(*writer->connection_, store_id);
  if (!position) return std::unexpected(position.error());
  writer->position_ = *position;
  const auto has_marked = writer->connection_->integer(kHasMarked);
  if (!has_marked) return std::unexpected(has_marked.error());
  writer->has_marked_ = *has_marked != 0;
  return writer;
}

Result<void> SearchIndexWriter::check() {
  const auto verdict = connection_->text("PRAGMA quick_check(1)");
  if (!verdict) return std::unexpected(verdict.error());
  if (*verdict != "ok") return base::fail(ErrorCode::kDamaged, *verdict, "it is made anew by itself");
  return connection_->execute("INSERT INTO words(words) VALUES('integrity-check')");
}

Result<void> SearchIndexWriter::add(const Portion& portion) {
  if (portion.rows.empty()) return {};
  auto done = connection_->execute("BEGIN IMMEDIATE");
  if (done) done = add_all(portion);
  if (done) {
    base::proof::reach("index.before_commit");
    done = connection_->execute("COMMIT");
  }
  if (!done) {
    if (connection_->is_in_transaction()) (void)connection_->execute("ROLLBACK");
    return done;
  }
  const StoredRow& last = portion.rows.back();
  position_ = {.seq = last.seq, .digest = last.digest};
  base::proof::reach("index.committed");
  return {};
}

Result<void> SearchIndexWriter::add_all(const Portion& portion) {
  std::map<std::int64_t, std::int64_t> counts;
  for (const StoredRow& stored : portion.rows) {
    if (std::ranges::find(portion.erased, stored.row.user) != portion.erased.end()) continue;
    const auto document = index_document(stored);
    if (!document) return std::unexpected(document.error());
    if (!*document) continue;
    auto done = connection_->query(kAdd)
                    .bind(stored.seq)
                    .bind(std::string_view((*document)->labels))
                    .bind(std::string_view((*document)->user_input))
                    .bind(std::string_view((*document)->assistant_response))
                    .run();
    if (!done) return done;
    counts[stored.row.user] += 1;
  }
  for (const auto& [seq, user] : portion.forgotten) {
    if (base::proof::is_planted("forgotten_stays_in_the_index")) break;
    const auto removed = remove(seq);
    if (!removed) return std::unexpected(removed.error());
    if (!*removed) continue;
    counts[user] -= 1;
    has_marked_ = true;
    is_merging_ = false;
  }
  for (const auto& [user, count] : counts) {
    if (count == 0) continue;
    if (auto done = connection_->query(kCount).bind(user).bind(count).run(); !done) return done;
  }
  const StoredRow& last = portion.rows.back();
  return connection_->query(kMoveOn)
      .bind(last.seq)
      .bind_blob(view(last.digest))
      .bind(std::int64_t{has_marked_ ? 1 : 0})
      .run();
}

Result<bool> SearchIndexWriter::remove(std::uint64_t seq) {
  {
    Cursor cursor = connection_->query(kIsThere);
    const auto found = cursor.bind(seq).next();
    if (!found || !*found) return found;
  }
  if (auto done = connection_->query(kRemove).bind(seq).run(); !done) return std::unexpected(done.error());
  return true;
}

Result<bool> SearchIndexWriter::merge_some() {
  if (!has_marked_) return false;
  const auto before = connection_->integer(kChanges);
  if (!before) return std::unexpected(before.error());
  if (auto done = connection_->execute(is_merging_ ? kGoOnMerging : kBeginMerge); !done)
    return std::unexpected(done.error());
  is_merging_ = true;
  const auto after = connection_->integer(kChanges);
  if (!after) return std::unexpected(after.error());
  // FTS5 tells the end of a merge by a change alone.
  if (*after - *before >= 2) return true;
  if (auto done = connection_->execute(kAllMerged); !done) return std::unexpected(done.error());
  const auto is_empty = truncate_log();
  if (!is_empty) return std::unexpected(is_empty.error());
  // Else the words are still in the log; the next look tries again.
  if (!*is_empty) return false;
  has_marked_ = false;
  is_merging_ = false;
  return false;
}

Result<bool> SearchIndexWriter::give_some_back() {
  const auto space = file_space(*connection_);
  if (!space) return std::unexpected(space.error());
  const IndexSpace all{.pages = space->pages, .free_pages = space->free_pages};
  is_giving_back_ = is_giving_back_ || all.is_wasted();
  if (!is_giving_back_) return false;
  if (space->free_pages > 0) {
    if (auto done = give_back_a_portion(*connection_); !done) return std::unexpected(done.error());
    return true;
  }
  // The file is cut with this; if a reader keeps it from that, the next look tries again.
  const auto is_empty = truncate_log();
  if (!is_empty) return std::unexpected(is_empty.error());
  is_giving_back_ = !*is_empty;
  return false;
}

// False: a reader keeps it from that.
Result<bool> SearchIndexWriter::truncate_log() {
  const auto done = connection_->checkpoint_truncate(kReadersAwaitedMax);
  if (!done) return std::unexpected(done.error());
  return done->is_restarted;
}

Result<void> SearchIndexWriter::erase_user(std::int64_t user) {
  const auto is_there = may_have_documents_of(*connection_, user);
  if (!is_there) return std::unexpected(is_there.error());
  if (!*is_there) return {};
  if (base::proof::is_planted("erased_stays_in_the_index")) return connection_->query(kForgetCount).bind(user).run();
  const std::string expression = label_expression(user_label(user));
  for (;;) {
    std::vector<std::uint64_t> documents;
    {
      Cursor cursor = connection_->query(kOfUser);
      cursor.bind(std::string_view(expression));
      for (;;) {
        const auto found = cursor.next();
        if (!found) return std::unexpected(found.error());
        if (!*found) break;
        documents.push_back(cursor.unsigned_integer(0));
      }
    }
    if (documents.empty()) break;
    auto done = connection_->execute("BEGIN IMMEDIATE");
    for (const std::uint64_t seq : documents) {
      if (done) done = connection_->query(kRemove).bind(seq).run();
    }
    if (done) done = connection_->execute("COMMIT");
    if (!done) {
      if (connection_->is_in_transaction()) (void)connection_->execute("ROLLBACK");
      return done;
    }
  }
  // Until here the words are only marked as deleted; writing all of them anew leaves those out.
  if (auto done = connection_->execute("INSERT INTO words(words) VALUES('optimize')"); !done) return done;
  if (auto done = clear_free_space(); !done) return done;
  const auto is_empty = truncate_log();
  if (!is_empty) return std::unexpected(is_empty.error());
  if (!*is_empty) {
    return base::fail(ErrorCode::kOverloaded, "a reader keeps the search index's log from being emptied",
                      "it is tried again", kBusy);
  }
  base::proof::reach("erase.index_clean");
  return connection_->query(kForgetCount).bind(user).run();
}

// As in the store's own file: copies of what was deleted.
Result<void> SearchIndexWriter::clear_free_space() {
  auto leftovers = find_leftovers(*connection_, 1, base::Instant::max());
  if (!leftovers) return std::unexpected(leftovers.error());
  if (leftovers->pages.empty()) return {};
  auto done = connection_->execute("BEGIN IMMEDIATE");
  if (done) done = clear_leftovers(*connection_, leftovers->pages, base::Instant::max());
  if (done) done = connection_->execute("COMMIT");
  if (!done && connection_->is_in_transaction()) (void)connection_->execute("ROLLBACK");
  return done;
}

}  // namespace penny::backend::sqlite
