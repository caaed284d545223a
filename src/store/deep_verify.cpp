// What `verify` looks at only if asked: the search index against the ledger, and what free space holds.

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/core.h>
#include <unistd.h>

#include "backend/sqlite/free_space_scan.hpp"
#include "backend/sqlite/index_check.hpp"
#include "base/error.hpp"
#include "store/engine.hpp"

namespace penny {

std::string_view to_string(VerifyStage stage) {
  switch (stage) {
    case VerifyStage::kFile:
      return "file";
    case VerifyStage::kLedger:
      return "ledger";
    case VerifyStage::kFreeSpace:
      return "free_space";
    case VerifyStage::kSearchIndex:
      return "search_index";
  }
  return "file";
}

std::string_view to_string(SearchIndexState state) {
  switch (state) {
    case SearchIndexState::kNone:
      return "none";
    case SearchIndexState::kWhole:
      return "whole";
    case SearchIndexState::kDamaged:
      return "damaged";
    case SearchIndexState::kChanged:
      return "changed";
    case SearchIndexState::kUnknown:
      return "unknown";
  }
  return "none";
}

}  // namespace penny

namespace penny::store {
namespace {

namespace sqlite = backend::sqlite;
using backend::sqlite::Connection;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::hours kVerifyMax{24};
// Of one snapshot, so that the log can be begun anew.
constexpr std::chrono::milliseconds kLookMax{50};
constexpr std::size_t kProblemsMax = 20;

std::unexpected<Error> stopped() { return base::fail(ErrorCode::kStopped, "the check was stopped", "begin it again"); }

bool goes_on(const VerifyOptions& options, const VerifyProgress& progress) {
  return !options.progress || options.progress(progress);
}

// That is what a damaged index leads to.
bool is_damage(const Error& error) { return error.code == ErrorCode::kDamaged || error.code == ErrorCode::kNotAStore; }

Result<sqlite::FreeSpaceScan> scan_all(Connection& connection, const VerifyOptions& options) {
  sqlite::FreeSpaceScan scan;
  while (scan.next != 0) {
    if (!goes_on(options, {.stage = VerifyStage::kFreeSpace, .done = scan.next - 1, .total = scan.last_page}))
      return stopped();
    if (auto scanned = sqlite::scan_free_space(connection, scan, Clock::now() + kLookMax); !scanned)
      return std::unexpected(scanned.error());
  }
  return scan;
}

}  // namespace

Result<DeepReport> Engine::verify_deep(Connection& connection, const VerifyOptions& options) {
  DeepReport report;
  // Of a damaged file nothing is certain, and `verify` says so already.
  const auto scan = scan_all(connection, options);
  if (!scan && scan.error().code != ErrorCode::kDamaged) return std::unexpected(scan.error());
  if (scan) {
    report.free_pages = scan->free_pages;
    report.free_pages_with_content = scan->free_pages_with_content;
    report.pages_with_copies = scan->pages_with_copies;
  }
  auto index = verify_search_index(options);
  if (!index) return std::unexpected(index.error());
  report.search_index = std::move(*index);
  return report;
}

Result<SearchIndexReport> Engine::verify_search_index(const VerifyOptions& options) {
  SearchIndexReport report;
  report.file = file_.paths.search;
  if (access(file_.paths.search.c_str(), F_OK) != 0) return report;
  auto index = searching_.readers().acquire(Clock::now() + kVerifyMax, sqlite::LogSync::kNever);
  if (!index && !is_damage(index.error())) return std::unexpected(index.error());
  report.state = SearchIndexState::kDamaged;
  if (index) {
    index->discard();  // it is changed for this
    const auto state = compare_search_index(index->connection(), options, report);
    if (!state) return std::unexpected(state.error());
    const bool has_changed = index->connection().has_moved() || !index->is_undisturbed();
    report.state = has_changed ? SearchIndexState::kChanged : *state;
  } else {
    report.problems.push_back(index.error().message);
  }
  if (report.problems.size() > kProblemsMax) {
    const std::size_t more = report.problems.size() - kProblemsMax;
    report.problems.resize(kProblemsMax);
    report.problems.push_back(fmt::format("and {} more", more));
  }
  return report;
}

Result<SearchIndexState> Engine::compare_search_index(Connection& index, const VerifyOptions& options,
                                                      SearchIndexReport& report) {
  std::uint64_t done = 0;
  std::uint64_t last = 0;
  const auto is_wanted = [&] {
    return goes_on(options, {.stage = VerifyStage::kSearchIndex, .done = done, .total = last});
  };
  if (!is_wanted()) return stopped();
  if (auto checked = sqlite::check_index_file(index, report.problems); !checked)
    return std::unexpected(checked.error());
  if (!report.problems.empty()) return SearchIndexState::kDamaged;

  // The position is the ledger's, before anything is made as large as it says.
  const auto position = sqlite::index_position(index, file_.store_id);
  if (!position && !is_damage(position.error())) return std::unexpected(position.error());
  const auto is_ours = position ? read([&](Connection& ledger) { return sqlite::has_position(ledger, *position); })
                                : Result<bool>(false);
  if (!is_ours && is_damage(is_ours.error())) return SearchIndexState::kUnknown;
  if (!is_ours) return std::unexpected(is_ours.error());
  if (!*is_ours) {
    report.problems.emplace_back("it is of another ledger");
    return SearchIndexState::kDamaged;
  }
  const auto indexed = sqlite::read_documents(index, file_.store_id, is_wanted, report.problems);
  if (!indexed && !is_damage(indexed.error())) return std::unexpected(indexed.error());
  if (!indexed) {
    report.problems.push_back(indexed.error().message);
    return SearchIndexState::kDamaged;
  }
  report.documents = indexed->documents;
  report.indexed_to = indexed->position.seq;
  report.has_marked = indexed->has_marked;
  last = indexed->position.seq;

  auto words = sqlite::FtsWords::open(index);
  if (!words) return std::unexpected(words.error());
  sqlite::IndexComparison comparison(*indexed, std::move(*words));
  for (sqlite::IndexPosition at; at.seq < last;) {
    if (!is_wanted()) return stopped();
    const auto portion = read([&](Connection& ledger) {
      return sqlite::SearchIndexWriter::read_portion(ledger, at, sqlite::SearchIndexWriter::kPortionRows, last);
    });
    // The row that it goes on from was erased meanwhile; else it is the ledger's own damage, which `verify` tells.
    if (!portion && is_damage(portion.error())) {
      return portion.error().field == sqlite::kNoIndex ? SearchIndexState::kChanged : SearchIndexState::kUnknown;
    }
    if (!portion) return std::unexpected(portion.error());
    if (portion->rows.empty()) break;
    if (auto taken = comparison.take(*portion, report.problems); !taken) return std::unexpected(taken.error());
    at = {.seq = portion->rows.back().seq, .digest = portion->rows.back().digest};
    done = at.seq;
  }
  comparison.finish(report.problems);
  for (const std::uint64_t seq : comparison.strays()) {
    const auto is_there = sqlite::has_document(index, seq);
    if (!is_there) return std::unexpected(is_there.error());
    if (*is_there)
      report.problems.push_back(fmt::format("it has a document of seq {}, which is not in the ledger", seq));
  }
  return report.problems.empty() ? SearchIndexState::kWhole : SearchIndexState::kDamaged;
}

}  // namespace penny::store
