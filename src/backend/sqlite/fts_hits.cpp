#include "backend/sqlite/fts_hits.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <sqlite3.h>

#include "backend/sqlite/fts_words.hpp"
#include "base/error.hpp"

namespace penny::backend::sqlite {
namespace {

// Counts for one row. SQLite's memory errors are passed on; ours must not leave a C function.
int count_hits(const Fts5ExtensionApi* api, Fts5Context* context, int skipped, std::vector<std::uint32_t>& numbers) {
  const int phrases = api->xPhraseCount(context);
  numbers.assign(1 + static_cast<std::size_t>(std::max(phrases - skipped, 0)), 0);
  const int columns = api->xColumnCount(context);
  for (int column = 1; column < columns; ++column) {
    int words = 0;
    if (const int code = api->xColumnSize(context, column, &words); code != SQLITE_OK) return code;
    numbers[0] += static_cast<std::uint32_t>(words);
  }
  int instances = 0;
  if (const int code = api->xInstCount(context, &instances); code != SQLITE_OK) return code;
  for (int instance = 0; instance < instances; ++instance) {
    int phrase = 0;
    int column = 0;
    int offset = 0;
    if (const int code = api->xInst(context, instance, &phrase, &column, &offset); code != SQLITE_OK) return code;
    if (phrase >= skipped && column > 0) numbers[static_cast<std::size_t>(1 + phrase - skipped)] += 1;
  }
  return SQLITE_OK;
}

void hits(const Fts5ExtensionApi* api, Fts5Context* context, sqlite3_context* result, int count,
          sqlite3_value** arguments) {
  try {
    std::vector<std::uint32_t> numbers;
    const int code = count_hits(api, context, count > 0 ? sqlite3_value_int(arguments[0]) : 0, numbers);
    if (code != SQLITE_OK) return sqlite3_result_error_code(result, code);
    sqlite3_result_blob64(result, numbers.data(), numbers.size() * sizeof(std::uint32_t), SQLITE_TRANSIENT);
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(result);
  }
}

}  // namespace

Result<void> ensure_hits(Connection& connection) {
  if (connection.has_search_function()) return {};
  fts5_api* const api = full_text_search_of(connection);
  if (api == nullptr || api->xCreateFunction(api, "hits", nullptr, hits, nullptr) != SQLITE_OK)
    return base::fail(ErrorCode::kStorageFailed, "SQLite's full-text search could not be set up", "free some memory");
  connection.set_has_search_function();
  return {};
}

}  // namespace penny::backend::sqlite
