#pragma once

// A search: what the index has, and the user's latest rows that it does not have yet, ranked together.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <penny/search.hpp>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/user_documents.hpp"
#include "model/search.hpp"

namespace penny::backend::sqlite {

// A small index in memory for what is not in the large one, so that both mean the same by a word. Used by one search at a time.
class SearchScratch {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SearchScratch>> open();
  [[nodiscard]] Connection& connection() { return *connection_; }
  Result<void> clear();
  Result<void> add(std::uint64_t seq, std::string_view user_input, std::string_view assistant_response);

  // What quick searches remember.
  [[nodiscard]] UserDocuments& documents() { return documents_; }

 private:
  explicit SearchScratch(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
  std::unique_ptr<Connection> connection_;
  UserDocuments documents_;
};

// Sets the scores of what was found and sorts it: the higher first, of equals the newer (the higher seq). Room recall/ does it.
using Rank = std::function<void(model::Candidates&, SearchOrder)>;

struct SearchRequest {
  std::string_view user;
  std::string_view store_id;
  const SearchQuery& query;
  const std::vector<model::SearchTerm>& terms;
  const Rank& rank;
};

// `index` may be absent: then only the latest rows are searched. It has `hits` (fts_hits.hpp). What is wrong with the index is
// told in `index_problem`, and the answer is as without it. Other errors are those of a read.
Result<SearchPage> search(Connection* index, Connection& ledger, SearchScratch& scratch, const SearchRequest& request,
                          std::optional<Error>& index_problem);

}  // namespace penny::backend::sqlite
