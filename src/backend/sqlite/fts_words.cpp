#include "backend/sqlite/fts_words.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include <sqlite3.h>

#include "base/error.hpp"

namespace penny::backend::sqlite {
namespace {

// As in the index's own definition: tokenize='porter unicode61'.
constexpr const char* kTokenizer = "porter";
constexpr const char* kInnerTokenizer = "unicode61";
// FTS5 cuts longer words off.
constexpr int kWordBytesMax = 32768;

struct Sum {
  std::uint64_t total = 0;
  unsigned column = 0;
  std::uint64_t words = 0;
};

int add_word(void* context, int flags, const char* word, int size, int /*start*/, int /*end*/) {
  Sum& sum = *static_cast<Sum*>(context);
  if ((flags & FTS5_TOKEN_COLOCATED) == 0 || sum.words == 0) sum.words += 1;
  const auto bytes = static_cast<std::size_t>(std::min(size, kWordBytesMax));
  sum.total += word_mark({word, bytes}, sum.column, sum.words - 1);
  return SQLITE_OK;
}

std::unexpected<Error> no_tokenizer() {
  return base::fail(ErrorCode::kStorageFailed, "SQLite's full-text search could not be set up", "free some memory");
}

}  // namespace

fts5_api* full_text_search_of(Connection& connection) {
  sqlite3_stmt* statement = nullptr;
  fts5_api* api = nullptr;
  if (sqlite3_prepare_v2(connection.handle(), "SELECT fts5(?1)", -1, &statement, nullptr) == SQLITE_OK) {
    sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
    (void)sqlite3_step(statement);
  }
  sqlite3_finalize(statement);
  return api;
}

std::uint64_t word_mark(std::string_view word, unsigned column, std::uint64_t place) {
  // The end of SplitMix64: every bit of what comes in changes half of what goes out.
  std::uint64_t mark = std::hash<std::string_view>{}(word) + 0x9e3779b97f4a7c15U * (4 * place + column + 1);
  mark = (mark ^ (mark >> 30U)) * 0xbf58476d1ce4e5b9U;
  mark = (mark ^ (mark >> 27U)) * 0x94d049bb133111ebU;
  return mark ^ (mark >> 31U);
}

struct FtsWords::Tokenizer {
  fts5_tokenizer methods{};
  Fts5Tokenizer* instance = nullptr;
  Tokenizer() = default;
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;
  ~Tokenizer() {
    if (instance != nullptr) methods.xDelete(instance);
  }
};

FtsWords::FtsWords(std::unique_ptr<Tokenizer> tokenizer) : tokenizer_(std::move(tokenizer)) {}
FtsWords::FtsWords(FtsWords&&) noexcept = default;
FtsWords& FtsWords::operator=(FtsWords&&) noexcept = default;
FtsWords::~FtsWords() = default;

Result<FtsWords> FtsWords::open(Connection& connection) {
  fts5_api* const api = full_text_search_of(connection);
  auto tokenizer = std::make_unique<Tokenizer>();
  void* context = nullptr;
  if (api == nullptr || api->xFindTokenizer(api, kTokenizer, &context, &tokenizer->methods) != SQLITE_OK)
    return no_tokenizer();
  const char* arguments = kInnerTokenizer;
  if (tokenizer->methods.xCreate(context, &arguments, 1, &tokenizer->instance) != SQLITE_OK) return no_tokenizer();
  return FtsWords(std::move(tokenizer));
}

Result<std::uint64_t> FtsWords::sum(const IndexDocument& document) {
  std::uint64_t total = 0;
  const std::array<std::string_view, 3> columns{document.labels, document.user_input, document.assistant_response};
  for (unsigned column = 0; column < columns.size(); ++column) {
    Sum sum{.total = 0, .column = column, .words = 0};
    const std::string_view text = columns[column];
    const int code = tokenizer_->methods.xTokenize(tokenizer_->instance, &sum, FTS5_TOKENIZE_DOCUMENT, text.data(),
                                                   static_cast<int>(text.size()), add_word);
    if (code != SQLITE_OK) return no_tokenizer();
    total += sum.total;
  }
  return total;
}

}  // namespace penny::backend::sqlite
