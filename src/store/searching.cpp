#include "store/searching.hpp"

#include <utility>

#include <unistd.h>

#include "backend/sqlite/fts_hits.hpp"
#include "backend/sqlite/search_index.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "base/error.hpp"
#include "recall/ranking.hpp"

namespace penny::store {
namespace {

using backend::sqlite::Connection;
using backend::sqlite::SearchScratch;

constexpr std::size_t kScratchesMax = 16;
constexpr int kTriesMax = 3;

// The index is a database like another one.
base::StorePaths files_of_index(base::StorePaths paths) {
  paths.database = paths.search;
  paths.wal = paths.search + "-wal";
  paths.shm = paths.search + "-shm";
  return paths;
}

}  // namespace

Searching::Searching(const base::StorePaths& paths, std::string store_id, GatePage& page, Doorbell& bell,
                     Indexer::ReadPortion read, LogCallback log, bool is_read_only)
    : paths_(paths),
      store_id_(store_id),
      is_read_only_(is_read_only),
      readers_(files_of_index(paths), page, is_read_only),
      indexer_(paths, std::move(store_id), bell, std::move(read), std::move(log)) {}

Result<SearchPage> Searching::search(Connection& ledger, std::string_view user, const SearchQuery& query,
                                     const std::vector<model::SearchTerm>& terms, base::Instant deadline) {
  start_indexing();
  auto scratch = take_scratch();
  if (!scratch) return std::unexpected(scratch.error());
  const backend::sqlite::Rank rank = recall::rank;
  Result<SearchPage> page;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    auto index = index_connection(deadline);
    std::optional<Error> problem;
    page = backend::sqlite::search(index ? &index->connection() : nullptr, ledger, **scratch,
                                   {.user = user, .store_id = store_id_, .query = query, .terms = terms, .rank = rank},
                                   problem);
    if (!index) break;
    // The index was made anew meanwhile: what was read may be of two files.
    const bool has_moved = index->connection().has_moved() || !index->is_undisturbed();
    if (has_moved || problem) index->discard();
    if (has_moved) continue;
    if (problem && problem->code == ErrorCode::kDamaged) suspect_index();
    break;
  }
  const base::MutexLock lock(mutex_);
  if (scratches_.size() < kScratchesMax) scratches_.push_back(std::move(*scratch));
  return page;
}

Result<std::uint64_t> Searching::indexed_to(base::Instant deadline) {
  auto index = index_connection(deadline);
  if (!index) return 0;
  const auto position = backend::sqlite::index_position(index->connection(), store_id_);
  if (!position || index->connection().has_moved()) {
    index->discard();
    return 0;
  }
  return position->seq;
}

std::optional<backend::sqlite::IndexSpace> Searching::space(base::Instant deadline) {
  auto index = index_connection(deadline);
  if (!index) return std::nullopt;
  const auto space = backend::sqlite::index_space(index->connection(), store_id_);
  if (space && !index->connection().has_moved()) return *space;
  index->discard();
  return std::nullopt;
}

Result<bool> Searching::has_erased(const std::vector<std::int64_t>& users, std::uint64_t seq, base::Instant deadline) {
  // One that is made from now on takes in nothing of them.
  if (access(paths_.search.c_str(), F_OK) != 0) return true;
  start_indexing();
  if (indexer_.is_short_of_space())
    return base::fail(ErrorCode::kStorageFailed, "the search index finds no space to forget in",
                      "make space on the disk; it is tried again", backend::sqlite::kFull);
  auto index = index_connection(deadline);
  if (!index) return false;
  const auto look = [&]() -> Result<bool> {
    auto snapshot = backend::sqlite::Snapshot::begin(index->connection());
    if (!snapshot) return std::unexpected(snapshot.error());
    const auto position = backend::sqlite::index_position(index->connection(), store_id_);
    if (!position || position->seq < seq) return false;
    for (const std::int64_t user : users) {
      const auto is_left = backend::sqlite::may_have_documents_of(index->connection(), user);
      if (!is_left) return std::unexpected(is_left.error());
      if (*is_left) return false;
    }
    return true;
  };
  const auto has_erased = look();
  // Damaged, or made anew meanwhile: the indexer sees to that.
  if (!has_erased || index->connection().has_moved()) {
    index->discard();
    suspect_index();
    return false;
  }
  return has_erased;
}

std::optional<ReaderPool::Lease> Searching::index_connection(base::Instant deadline) {
  for (int tries = 0; tries < kTriesMax; ++tries) {
    if (access(paths_.search.c_str(), F_OK) != 0) return std::nullopt;
    auto lease = readers_.acquire(deadline, backend::sqlite::LogSync::kNever);
    if (!lease) {
      if (lease.error().code == ErrorCode::kDamaged || lease.error().code == ErrorCode::kNotAStore) suspect_index();
      return std::nullopt;
    }
    const bool is_current = !lease->connection().has_moved();
    if (is_current && backend::sqlite::ensure_hits(lease->connection())) return std::move(*lease);
    lease->discard();
  }
  return std::nullopt;
}

Result<std::unique_ptr<SearchScratch>> Searching::take_scratch() {
  {
    const base::MutexLock lock(mutex_);
    if (!scratches_.empty()) {
      auto scratch = std::move(scratches_.back());
      scratches_.pop_back();
      return scratch;
    }
  }
  return SearchScratch::open();
}

void Searching::start_indexing() {
  if (!is_read_only_) indexer_.start();
}

void Searching::suspect_index() {
  if (!is_read_only_) indexer_.suspect();
}

void Searching::close() {
  indexer_.close();
  readers_.close();
}

}  // namespace penny::store
