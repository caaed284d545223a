#pragma once

// The words of a text as the search index has them, and a sum over them that tells two documents apart.

#include <cstdint>
#include <memory>
#include <string_view>

#include <sqlite3.h>
#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/search_index.hpp"

namespace penny::backend::sqlite {

// SQLite's full-text search as this connection has it; null for want of memory.
[[nodiscard]] fts5_api* full_text_search_of(Connection& connection);

// A number for one word at one place (from 0) of one column (from 0). The sum over all words of a document is the same in any order.
[[nodiscard]] std::uint64_t word_mark(std::string_view word, unsigned column, std::uint64_t place);

// Cuts texts into words with the tokenizer that the index has.
class FtsWords {
 public:
  // The connection outlives it.
  [[nodiscard]] static Result<FtsWords> open(Connection& connection);
  FtsWords(FtsWords&&) noexcept;
  FtsWords& operator=(FtsWords&&) noexcept;
  ~FtsWords();

  [[nodiscard]] Result<std::uint64_t> sum(const IndexDocument& document);

 private:
  struct Tokenizer;
  explicit FtsWords(std::unique_ptr<Tokenizer> tokenizer);
  std::unique_ptr<Tokenizer> tokenizer_;
};

}  // namespace penny::backend::sqlite
