#pragma once

// The full-text index: derived data in a file of its own (`-search`), made anew when it is missing, damaged or of another
// store. A document is a turn or a fact; its row has the number of its row in the ledger (seq).
//
// 1. One process writes it at a time, under a lock of its own; a write takes what the ledger has after the index's position, and
//    the new position with it, in one transaction. After a crash the index is as it was at an earlier position.
// 2. The user, the session and the modality are words of the document's first column and part of every question, so nobody
//    else's documents are touched or counted. A search that must not wait passes over them before it counts: user_documents.hpp.
// 3. The texts are not kept, only where their words are.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/ledger.hpp"
#include "base/sha256.hpp"

namespace penny::backend::sqlite {

// The field of an error that says: this is no index of this store's ledger, make it anew.
inline constexpr const char* kNoIndex = "search_index";

// Words of the first column.
[[nodiscard]] std::string user_label(std::int64_t user);
[[nodiscard]] std::string session_label(std::uint64_t session_first);
[[nodiscard]] std::string modality_label(Modality modality);

// The ledger's row up to which everything is in the index. The digest tells whether this ledger still has it: one that was
// restored from a backup may not.
struct IndexPosition {
  std::uint64_t seq = 0;  // 0: nothing yet
  base::Digest digest{};
};

// What the index has of a row of the ledger.
struct IndexDocument {
  std::string labels;
  std::string user_input;  // or the text of a fact
  std::string assistant_response;
};
// Nothing if it is neither a turn nor a fact, or forgotten.
Result<std::optional<IndexDocument>> index_document(const StoredRow& stored);

// Inside the caller's snapshot of an index connection. `kDamaged` if this is no index of the store.
Result<IndexPosition> index_position(Connection& index, std::string_view store_id);

// What an index could give back, in one snapshot of it.
struct IndexSpace {
  std::uint64_t indexed_to = 0;  // seq
  std::uint64_t pages = 0;
  std::uint64_t free_pages = 0;
  bool has_marked = false;  // what was forgotten is not written out of it yet
  bool operator==(const IndexSpace&) const = default;

  // More than two thirds of it are free. Merging its parts leaves half of it free again and again; that is used anew.
  [[nodiscard]] bool is_wasted() const { return free_pages > kFreePagesKept && 3 * free_pages > 2 * pages; }
  static constexpr std::uint64_t kFreePagesKept = 16;
};
Result<IndexSpace> index_space(Connection& index, std::string_view store_id);

// Whether documents of the user, or traces of them, may be in the index. Inside the caller's snapshot of it.
Result<bool> may_have_documents_of(Connection& index, std::int64_t user);

// Whether the ledger has that row, inside the caller's snapshot of it.
Result<bool> has_position(Connection& ledger, const IndexPosition& position);

// Makes an empty index in the place of what may be there. Only by who holds the indexer's lock.
Result<void> create_search_index(const std::string& path, std::string_view store_id);

// The one writer. Used by one thread.
class SearchIndexWriter {
 public:
  // `kDamaged` if it is missing or no index of this store: make it anew.
  [[nodiscard]] static Result<std::unique_ptr<SearchIndexWriter>> open(const std::string& path,
                                                                       std::string_view store_id);

  [[nodiscard]] const IndexPosition& position() const { return position_; }
  // Somebody took the file away.
  [[nodiscard]] bool has_moved() const { return connection_->has_moved(); }

  // What the ledger has next: up to `rows_max` rows after the position, and what they forget. One snapshot.
  static constexpr std::size_t kPortionRows = 500;
  struct Portion {
    std::vector<StoredRow> rows;
    std::vector<std::pair<std::uint64_t, std::int64_t>> forgotten;  // seq and user of documents that are no more
    std::vector<std::int64_t> erased;  // users whose erase is unfinished: rows of theirs are not taken in
    std::uint64_t more = 0;            // how many rows the ledger has after these
  };
  // Nothing after `last_seq`.
  [[nodiscard]] static Result<Portion> read_portion(Connection& ledger, const IndexPosition& after,
                                                    std::size_t rows_max = kPortionRows,
                                                    std::uint64_t last_seq = UINT64_MAX);

  // Looks at all of it: `kDamaged` if its parts contradict each other. Takes as long as reading it.
  Result<void> check();

  // Takes the portion in, and moves on behind it, in one transaction.
  Result<void> add(const Portion& portion);

  // Documents that were forgotten are only marked; their words go when the parts of the index are merged. A portion of that:
  // false when nothing is left to do, and the words are gone from the files.
  Result<bool> merge_some();

  // Gives free pages back to the file system if most of it is free: a portion of that. False when nothing is left to do.
  Result<bool> give_some_back();

  // Removes every trace of the user's words from the files, if there is one. Takes as long as writing the whole index anew.
  // `kOverloaded` while a reader keeps the log from being emptied. Only behind the user's last row (`add`), or more may come.
  Result<void> erase_user(std::int64_t user);

 private:
  explicit SearchIndexWriter(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
  Result<void> add_all(const Portion& portion);
  Result<bool> remove(std::uint64_t seq);
  Result<bool> truncate_log();
  Result<void> clear_free_space();

  std::unique_ptr<Connection> connection_;
  IndexPosition position_;
  bool has_marked_ = false;  // documents as forgotten, whose words are still there
  bool is_merging_ = false;
  bool is_giving_back_ = false;
};

}  // namespace penny::backend::sqlite
