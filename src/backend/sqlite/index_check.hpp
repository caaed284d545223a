#pragma once

// The search index against the ledger, word for word.
//
// 1. First the index, in one snapshot of it: what it holds, as one sum per document. Then the ledger, in portions with a snapshot each.
//    A row up to the index's position changes in two ways alone: it is forgotten, or its user is erased.
// 2. So a turn or fact that is there, of nobody who is being erased, must be in the index, with the same words.
// 3. One that an operation up to the position forgot must not be. If a later one did, it may be there yet.
// 4. One whose row is gone was erased, and the index was cleaned before the row went: whether it is still there is looked up in the
//    index as it is then (`strays`).

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/fts_words.hpp"
#include "backend/sqlite/search_index.hpp"

namespace penny::backend::sqlite {

// What an index holds. Numbers of documents are the seqs of their rows.
struct IndexedDocuments {
  IndexPosition position;
  std::vector<std::uint64_t> sums;              // by seq, from 0 to the position's
  std::vector<bool> are_there;                  // the same
  std::map<std::int64_t, std::int64_t> counts;  // of documents, by user, as the index has them
  std::uint64_t documents = 0;
  bool has_marked = false;  // forgotten ones, whose words are there until parts are merged
};

// SQLite's check of the file and FTS5's of the index. Adds what they find.
Result<void> check_index_file(Connection& index, std::vector<std::string>& problems);

// Reads all of it, in one snapshot. `position` is the index's, which the ledger has. `goes_on` is asked now and then; false: `kStopped`.
// The connection is not to be used for anything else after that.
Result<IndexedDocuments> read_documents(Connection& index, std::string_view store_id,
                                        const std::function<bool()>& goes_on, std::vector<std::string>& problems);

// Takes the ledger from its begin to the position. Used by one thread.
class IndexComparison {
 public:
  IndexComparison(const IndexedDocuments& indexed, FtsWords words);

  // Adds what does not fit.
  Result<void> take(const SearchIndexWriter::Portion& portion, std::vector<std::string>& problems);
  // Behind the last portion: documents that the ledger does not have (any more).
  [[nodiscard]] std::vector<std::uint64_t> strays() const;
  // Behind the last portion: what was forgotten and is there, and the counts of documents.
  void finish(std::vector<std::string>& problems) const;

 private:
  Result<void> compare(const StoredRow& row, std::vector<std::string>& problems);
  [[nodiscard]] bool is_there(std::uint64_t seq) const;

  const IndexedDocuments& indexed_;
  FtsWords words_;
  std::vector<bool> have_rows_;     // by seq: the ledger has the row
  std::vector<bool> must_be_gone_;  // by seq
  std::map<std::int64_t, std::int64_t> counts_;
  std::vector<std::int64_t> erased_;  // users of whom nothing is known for certain
};

// Whether the index has the document now.
[[nodiscard]] Result<bool> has_document(Connection& index, std::uint64_t seq);

}  // namespace penny::backend::sqlite
