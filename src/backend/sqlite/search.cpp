#include "backend/sqlite/search.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <span>
#include <utility>

#include <fmt/core.h>

#include "backend/sqlite/fts_hits.hpp"
#include "backend/sqlite/ledger.hpp"
#include "backend/sqlite/quick_matches.hpp"
#include "backend/sqlite/search_expression.hpp"
#include "backend/sqlite/search_index.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "backend/sqlite/state.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

using model::Candidate;

constexpr std::size_t kLatestRowsMax = 2000;
constexpr std::size_t kLatestBytesMax = std::size_t{8} << 20;
// Of a quick search: see `SearchQuery::is_quick`.
constexpr std::size_t kQuickLatestRowsMax = 200;
constexpr std::uint64_t kQuickRevsLeast = 3000;
constexpr std::size_t kQuickPlacesMax = 8'000;
constexpr char kMarkBegin = '\x02';
constexpr char kMarkEnd = '\x03';

constexpr const char* kScratchSchema =
    "PRAGMA temp_store=MEMORY;"
    "CREATE VIRTUAL TABLE words USING fts5(labels, user_input, assistant_response, tokenize='porter unicode61')";
constexpr const char* kClear = "DELETE FROM words";
constexpr const char* kAdd = "INSERT OR REPLACE INTO words(rowid, user_input, assistant_response) VALUES(?, ?, ?)";
constexpr const char* kFind = "SELECT rowid, hits(words, ?) FROM words WHERE words MATCH ?";
constexpr const char* kFindPlaces = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?";
constexpr const char* kSnippets =
    "SELECT rowid, snippet(words, -1, char(2), char(3), '…', 16) FROM words WHERE words MATCH ?";
constexpr const char* kCount = "SELECT count FROM documents WHERE user = ?";
constexpr const char* kLatest = "SELECT " PENNY_LEDGER_COLUMNS " FROM ledger WHERE user = ? ORDER BY rev DESC LIMIT ?";
constexpr const char* kBySeq = "SELECT " PENNY_LEDGER_COLUMNS " FROM ledger WHERE seq = ?";
constexpr const char* kRevAt = "SELECT rev FROM ledger WHERE user = ? AND seq <= ? ORDER BY rev DESC LIMIT 1";

// What a row of the ledger is to a search; nothing if it is forgotten, or neither turn nor fact.
Result<std::optional<std::variant<Turn, Fact>>> document_of(const StoredRow& stored) {
  using Document = std::optional<std::variant<Turn, Fact>>;
  if (!stored.salt) return Document();
  if (stored.row.turn) return Document(turn_of(stored));
  if (stored.row.kind != model::Kind::kRememberFact) return Document();
  auto payload = payload_of(stored);
  if (!payload) return std::unexpected(payload.error());
  if (!*payload) return Document();
  const auto& fact = std::get<RememberFact>(**payload);
  return Document(Fact{.id = stored.row.id,
                       .text = fact.text,
                       .confidence = fact.confidence,
                       .version = 1,
                       .rev = stored.row.rev,
                       .at = time_of(stored.row.at),
                       .origin = stored.row.origin,
                       .channel = stored.row.channel});
}

Result<void> add_to(SearchScratch& scratch, std::uint64_t seq, const std::variant<Turn, Fact>& document) {
  if (const auto* turn = std::get_if<Turn>(&document))
    return scratch.add(seq, turn->user_input, turn->assistant_response);
  return scratch.add(seq, std::get<Fact>(document).text, {});
}

// One search under way.
class Search {
 public:
  Search(Connection& ledger, SearchScratch& scratch, const SearchRequest& request, const Snapshot::User& user)
      : ledger_(ledger),
        scratch_(scratch),
        request_(request),
        user_(user),
        text_(text_expression(request.terms, request.query.match)) {
    candidates_.terms = request.terms.size();
  }

  [[nodiscard]] bool is_quick() const {
    const SearchQuery& query = request_.query;
    const bool is_narrowed = query.session || query.modality || query.from || query.until || query.after;
    return query.is_quick && query.match == SearchMatch::kAny && !is_narrowed && user_.rev > kQuickRevsLeast;
  }

  // The session's label; false if there is no such session, so that nothing can be found.
  Result<bool> find_session() {
    if (!request_.query.session) return true;
    auto session = load_session(ledger_, user_.id, *request_.query.session);
    if (!session) return std::unexpected(session.error());
    if (!*session) return false;
    session_first_ = (*session)->first_rev;
    return true;
  }

  // False: places were left out of it.
  Result<bool> find_in_index(Connection& index, std::uint64_t last_seq) {
    if (is_quick()) return find_quickly(index, last_seq);
    std::vector<std::string> labels{user_label(user_.id)};
    if (base::proof::is_planted("search_over_all_users")) labels.clear();
    if (request_.query.session) labels.push_back(session_label(session_first_));
    if (request_.query.modality) labels.push_back(modality_label(*request_.query.modality));
    {
      Cursor cursor = index.query(kCount);
      const auto found = cursor.bind(user_.id).next();
      if (!found) return std::unexpected(found.error());
      if (*found) candidates_.documents += cursor.unsigned_integer(0);
    }
    if (auto found = find(index, labelled_expression(labels, text_), labels.size()); !found)
      return std::unexpected(found.error());
    return true;
  }

  // What the ledger has of the user after `seq`. False: there is more than a search looks through.
  Result<bool> find_in_latest(std::uint64_t seq) {
    const std::size_t rows_max = is_quick() ? kQuickLatestRowsMax : kLatestRowsMax;
    std::size_t rows = 0;
    std::size_t bytes = 0;
    bool is_all = true;
    {
      Cursor cursor = ledger_.query(kLatest);
      cursor.bind(user_.id).bind(std::uint64_t{rows_max + 1});
      for (;;) {
        const auto found = cursor.next();
        if (!found) return std::unexpected(found.error());
        // Both grow together.
        if (!*found || cursor.unsigned_integer(0) <= seq) break;
        if (++rows > rows_max || bytes > kLatestBytesMax) {
          is_all = false;
          break;
        }
        auto row = read_row(cursor);
        if (!row) return std::unexpected(row.error());
        auto document = document_of(*row);
        if (!document) return std::unexpected(document.error());
        if (!*document || !is_wanted(*row)) continue;
        if (auto added = add_to(scratch_, row->seq, **document); !added) return std::unexpected(added.error());
        bytes += row->user_input.value_or("").size() + row->assistant_response.value_or("").size();
        candidates_.documents += 1;
      }
    }
    const std::size_t others = candidates_.items.size();
    if (auto found = find(scratch_.connection(), text_, 0); !found) return std::unexpected(found.error());
    if (is_quick()) {
      for (Candidate& candidate : std::span(candidates_.items).subspan(others)) {
        candidate.words = 1;
        for (std::uint16_t& hits : candidate.hits) hits = std::min<std::uint16_t>(hits, 1);
      }
    }
    return is_all;
  }

  void rank() { request_.rank(candidates_, request_.query.order); }

  Result<void> take_page(SearchPage& page) {
    std::vector<std::uint64_t> seqs;
    for (const Candidate& candidate : candidates_.items) {
      auto row = row_at(candidate.seq);
      if (!row) return std::unexpected(row.error());
      if (!*row || !is_wanted(**row) || is_before_page(candidate, (*row)->row.rev)) continue;
      auto document = document_of(**row);
      if (!document) return std::unexpected(document.error());
      if (!*document) continue;
      if (page.items.size() == request_.query.limit) {
        if (!is_quick()) page.next = SearchKey{.score = page.items.back().score, .rev = page.items.back().rev};
        break;
      }
      if (!is_quick()) {
        seqs.push_back(candidate.seq);
        if (auto added = add_to(scratch_, candidate.seq, **document); !added) return added;
      }
      page.items.push_back(
          {.rev = (*row)->row.rev, .score = candidate.score, .snippet = {}, .found = std::move(**document)});
    }
    return add_snippets(seqs, page);
  }

 private:
  Result<void> find(Connection& connection, const std::string& expression, std::size_t labels) {
    Cursor cursor = connection.query(kFind);
    cursor.bind(static_cast<std::int64_t>(labels)).bind(std::string_view(expression));
    for (;;) {
      const auto found = cursor.next();
      if (!found) return std::unexpected(found.error());
      if (!*found) return {};
      Candidate candidate{.seq = cursor.unsigned_integer(0)};
      const auto numbers = cursor.blob(1);
      const auto number = [&](std::size_t place) {
        std::uint32_t value = 0;
        if (numbers.size() >= (place + 1) * sizeof value)
          std::memcpy(&value, numbers.data() + place * sizeof value, sizeof value);
        return value;
      };
      candidate.words = number(0);
      for (std::size_t term = 0; term < request_.terms.size(); ++term)
        candidate.hits[term] = static_cast<std::uint16_t>(std::min<std::uint32_t>(number(term + 1), UINT16_MAX));
      candidates_.items.push_back(candidate);
    }
  }

  // Each word by itself: where it is, without how often. Places of other users are passed over before anything is counted.
  Result<bool> find_quickly(Connection& index, std::uint64_t last_seq) {
    UserDocuments& his = scratch_.documents();
    if (auto done = his.catch_up(index, user_.id, last_seq); !done) return std::unexpected(done.error());
    candidates_.documents += his.count();
    const std::size_t places_max = kQuickPlacesMax / request_.terms.size();
    bool is_all = true;
    QuickMatches matches;
    std::vector<std::uint64_t> seqs;
    for (std::size_t term = 0; term < request_.terms.size(); ++term) {
      const std::string expression = text_expression({&request_.terms[term], 1}, SearchMatch::kAny);
      seqs.clear();
      const auto places = find_places(index, expression, places_max, seqs);
      if (!places) return std::unexpected(places.error());
      auto with_term = static_cast<double>(seqs.size());
      if (places->count == places_max) {
        is_all = false;
        // As if he had used it as often before.
        const std::uint64_t looked_at = his.count_from(places->first_seq);
        if (looked_at > 0) with_term *= static_cast<double>(his.count()) / static_cast<double>(looked_at);
      }
      candidates_.more_with[term] = with_term;
      matches.add(term, seqs);
    }
    // What is erased meanwhile is no hit.
    candidates_.items = matches.candidates(2 * request_.query.limit);
    for (const Candidate& candidate : candidates_.items) {
      for (std::size_t term = 0; term < request_.terms.size(); ++term)
        candidates_.more_with[term] -= candidate.hits[term];
    }
    return is_all;
  }

  struct Places {
    std::size_t count = 0;
    std::uint64_t first_seq = 0;  // of the oldest one
  };
  // The newest places, and which of them are the user's.
  Result<Places> find_places(Connection& index, const std::string& expression, std::size_t places_max,
                             std::vector<std::uint64_t>& seqs) {
    Places places;
    Cursor cursor = index.query(kFindPlaces);
    cursor.bind(std::string_view(expression)).bind(std::uint64_t{places_max});
    for (;;) {
      const auto found = cursor.next();
      if (!found) return std::unexpected(found.error());
      if (!*found) return places;
      places.count += 1;
      places.first_seq = cursor.unsigned_integer(0);
      const bool is_his =
          scratch_.documents().has(places.first_seq) || base::proof::is_planted("search_over_all_users");
      if (is_his) seqs.push_back(places.first_seq);
    }
  }

  Result<std::optional<StoredRow>> row_at(std::uint64_t seq) {
    Cursor cursor = ledger_.query(kBySeq);
    const auto found = cursor.bind(seq).next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::optional<StoredRow>();
    auto row = read_row(cursor);
    if (!row) return std::unexpected(row.error());
    return std::optional(std::move(*row));
  }

  [[nodiscard]] bool is_wanted(const StoredRow& stored) const {
    const SearchQuery& query = request_.query;
    const LedgerRow& row = stored.row;
    if (row.user != user_.id && !base::proof::is_planted("search_over_all_users")) return false;
    if (query.session && (!row.turn || row.turn->session_first != session_first_)) return false;
    if (query.modality && (!row.turn || row.turn->modality != *query.modality)) return false;
    if (query.from && time_of(row.at) < *query.from) return false;
    return !query.until || time_of(row.at) < *query.until;
  }

  // The order of ranking: the better first, of equals the newer.
  [[nodiscard]] bool is_before_page(const Candidate& candidate, std::uint64_t rev) const {
    const auto& after = request_.query.after;
    if (!after) return false;
    if (candidate.score != after->score) return candidate.score > after->score;
    return rev >= after->rev;
  }

  Result<void> add_snippets(const std::vector<std::uint64_t>& seqs, SearchPage& page) {
    if (seqs.empty()) return {};
    Cursor cursor = scratch_.connection().query(kSnippets);
    cursor.bind(std::string_view(text_));
    for (;;) {
      const auto found = cursor.next();
      if (!found) return std::unexpected(found.error());
      if (!*found) return {};
      const auto place = std::ranges::find(seqs, cursor.unsigned_integer(0));
      if (place == seqs.end()) continue;
      page.items[static_cast<std::size_t>(place - seqs.begin())].snippet = snippet_of(cursor.text(1));
    }
  }

  static Snippet snippet_of(std::string_view marked) {
    Snippet snippet;
    std::size_t begin = std::string::npos;
    for (const char c : marked) {
      if (c == kMarkBegin) {
        begin = snippet.text.size();
      } else if (c == kMarkEnd) {
        if (begin != std::string::npos) snippet.marks.emplace_back(begin, snippet.text.size());
        begin = std::string::npos;
      } else {
        const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
        snippet.text += is_control ? ' ' : c;
      }
    }
    return snippet;
  }

  Connection& ledger_;
  SearchScratch& scratch_;
  const SearchRequest& request_;
  const Snapshot::User user_;
  const std::string text_;
  std::uint64_t session_first_ = 0;
  model::Candidates candidates_;
};

}  // namespace

Result<std::unique_ptr<SearchScratch>> SearchScratch::open() {
  auto opened = Connection::open(":memory:", ConnectionRole::kScratch);
  if (!opened) return std::unexpected(opened.error());
  if (auto done = ensure_hits(**opened); !done) return std::unexpected(done.error());
  if (auto done = (*opened)->execute(kScratchSchema); !done) return std::unexpected(done.error());
  return std::unique_ptr<SearchScratch>(new SearchScratch(std::move(*opened)));
}

Result<void> SearchScratch::clear() { return connection_->query(kClear).run(); }

Result<void> SearchScratch::add(std::uint64_t seq, std::string_view user_input, std::string_view assistant_response) {
  return connection_->query(kAdd).bind(seq).bind(user_input).bind(assistant_response).run();
}

Result<SearchPage> search(Connection* index, Connection& ledger, SearchScratch& scratch, const SearchRequest& request,
                          std::optional<Error>& index_problem) {
  // The index first: what it does not have yet is then in the ledger's snapshot.
  std::optional<Snapshot> index_snapshot;
  IndexPosition position;
  if (index != nullptr) {
    auto begun = Snapshot::begin(*index);
    const auto found = begun ? index_position(*index, request.store_id) : std::unexpected(begun.error());
    if (found) {
      index_snapshot.emplace(std::move(*begun));
      position = *found;
    } else {
      index_problem = found.error();
      index = nullptr;
    }
  }
  auto snapshot = Snapshot::begin(ledger);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto user = snapshot->user(request.user);
  if (!user) return std::unexpected(user.error());
  SearchPage page{.rev = user->rev, .items = {}, .next = {}};
  page.indexed_to = user->rev;
  const auto is_ours = has_position(ledger, position);
  if (!is_ours) return std::unexpected(is_ours.error());
  if (!*is_ours) {
    index_problem =
        Error{.code = ErrorCode::kDamaged, .message = "the index is of another ledger", .advice = {}, .field = {}};
    index = nullptr;
    position = {};
  }
  if (auto cleared = scratch.clear(); !cleared) return std::unexpected(cleared.error());

  std::optional<Search> search;
  search.emplace(ledger, scratch, request, *user);
  const auto can_be_found = search->find_session();
  if (!can_be_found) return std::unexpected(can_be_found.error());
  if (!*can_be_found) return page;
  bool is_all_searched = true;
  if (index != nullptr) {
    const auto found = search->find_in_index(*index, position.seq);
    if (found) is_all_searched = *found;
    if (!found && found.error().code == ErrorCode::kSnapshotExpired) return std::unexpected(found.error());
    if (!found) {
      index_problem = found.error();
      position = {};
      search.emplace(ledger, scratch, request, *user);
      if (const auto again = search->find_session(); !again) return std::unexpected(again.error());
    }
  }
  if (!base::proof::is_planted("search_trusts_the_index_alone")) {
    const auto is_all = search->find_in_latest(position.seq);
    if (!is_all) return std::unexpected(is_all.error());
    page.is_complete = *is_all;
  }
  if (!page.is_complete) {
    Cursor cursor = ledger.query(kRevAt);
    const auto found = cursor.bind(user->id).bind(position.seq).next();
    if (!found) return std::unexpected(found.error());
    page.indexed_to = *found ? cursor.unsigned_integer(0) : 0;
  }
  page.is_complete = page.is_complete && is_all_searched;
  search->rank();
  if (auto taken = search->take_page(page); !taken) return std::unexpected(taken.error());
  return page;
}

}  // namespace penny::backend::sqlite
