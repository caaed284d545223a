#pragma once

// Searching in one open store: the index's read connections, the scratch indexes, and the thread that keeps the index.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/search.hpp>

#include "backend/sqlite/search.hpp"
#include "backend/sqlite/search_index.hpp"
#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/sync.hpp"
#include "store/gate_page.hpp"
#include "store/indexer.hpp"
#include "store/reader_pool.hpp"

namespace penny::store {

class Searching {
 public:
  Searching(const base::StorePaths& paths, std::string store_id, GatePage& page, Doorbell& bell,
            Indexer::ReadPortion read, LogCallback log, bool is_read_only);

  // Any thread. `terms` are those of `query.words`. On a read connection of the store, until the deadline.
  [[nodiscard]] Result<SearchPage> search(backend::sqlite::Connection& ledger, std::string_view user,
                                          const SearchQuery& query, const std::vector<model::SearchTerm>& terms,
                                          base::Instant deadline);

  // Up to which seq everything is in the index; 0 while there is none.
  [[nodiscard]] Result<std::uint64_t> indexed_to(base::Instant deadline);

  // Whether the index has, and will have, nothing of these users, whose rows are not after this seq, in its files. If not, the
  // indexer (this process's, unless another one has its lock) is at work on it.
  [[nodiscard]] Result<bool> has_erased(const std::vector<std::int64_t>& users, std::uint64_t seq,
                                        base::Instant deadline);

  // What the index could give back; nothing if there is none that can be read.
  [[nodiscard]] std::optional<backend::sqlite::IndexSpace> space(base::Instant deadline);

  // Any thread. The index is brought up to date, unless the store was opened to read only. Does not block.
  void start_indexing();
  [[nodiscard]] Indexer& indexer() { return indexer_; }
  [[nodiscard]] ReaderPool& readers() { return readers_; }
  void close();

 private:
  // A connection to the index that is there now; nothing if there is none that can be read.
  [[nodiscard]] std::optional<ReaderPool::Lease> index_connection(base::Instant deadline);
  [[nodiscard]] Result<std::unique_ptr<backend::sqlite::SearchScratch>> take_scratch();
  void suspect_index();

  const base::StorePaths paths_;
  const std::string store_id_;
  const bool is_read_only_;
  ReaderPool readers_;
  Indexer indexer_;
  base::Mutex mutex_{base::Rank::kLeaf};
  std::vector<std::unique_ptr<backend::sqlite::SearchScratch>> scratches_ GUARDED_BY(mutex_);
};

}  // namespace penny::store
