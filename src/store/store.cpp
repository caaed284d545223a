// The facade: what a caller may ask, checked, and handed to the engine.

#include <penny/store.hpp>

#include <chrono>
#include <utility>

#include <ctime>

#include <fmt/core.h>

#include "backend/sqlite/reads.hpp"
#include "base/clock.hpp"
#include "base/derived_id.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"
#include "model/validation.hpp"
#include "recall/prompt_context.hpp"
#include "recall/search_words.hpp"
#include "rules/learning.hpp"
#include "store/engine.hpp"
#include "store/keeping.hpp"

namespace penny {
namespace {

namespace sqlite = backend::sqlite;
using backend::sqlite::Connection;
using std::chrono::milliseconds;

// A watcher looks again after this long even if nobody rang: a writer may have been killed before it could.
constexpr milliseconds kLookAgainAfter{200};
constexpr std::size_t kWatchPage = 256;

std::unexpected<Error> closed() { return base::fail(ErrorCode::kClosed, "the store is closed", "open it again"); }

// Every read names a user; some name more.
Result<void> check(std::string_view user, std::size_t limit = 1) {
  if (auto valid = model::validate_user(user); !valid) return valid;
  return model::validate_limit(limit);
}

// The hour of the day where this process lives.
int local_hour(Time at) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  std::tm parts{};
  localtime_r(&seconds, &parts);
  return parts.tm_hour;
}

}  // namespace

Store::Store(std::unique_ptr<store::Engine> engine) : engine_(std::move(engine)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&& other) noexcept {
  Store taken(std::move(other));
  std::swap(engine_, taken.engine_);
  return *this;
}

Store::~Store() {
  // In a child that was refused nothing may be closed: its locks and threads are the parent's.
  if (engine_ && engine_->is_refused()) (void)engine_.release();
}

Result<Store> Store::open(const std::string& path, const OpenOptions& options) {
  auto engine = store::Engine::open(path, options);
  if (!engine) return std::unexpected(engine.error());
  return Store(std::move(*engine));
}

Result<Outcome> Store::commit(Operation operation, milliseconds deadline) {
  Batch batch;
  batch.operations.push_back(std::move(operation));
  auto stored = commit(std::move(batch), deadline);
  if (!stored) return std::unexpected(stored.error());
  return std::move(stored->outcomes.front());
}

Result<BatchOutcome> Store::commit(Batch batch, milliseconds deadline) {
  if (!engine_) return closed();
  return engine_->commit(std::move(batch), deadline);
}

Result<Batch> Store::learn(Operation turn) {
  const auto* words = std::get_if<AppendTurn>(&turn.payload);
  if (words == nullptr)
    return base::fail(ErrorCode::kInvalid, "only a turn teaches", "give an operation that holds an AppendTurn",
                      "payload");
  if (!turn.id) turn.id = OperationId::make();
  if (auto valid = model::validate(turn); !valid) return std::unexpected(valid.error());
  std::vector<Payload> lessons;
  if (turn.origin == Origin::kUser || turn.origin == Origin::kImport) {
    const Time at = turn.at ? *turn.at : turn.id->time().value_or(base::now());
    lessons = rules::learn(*words, local_hour(at), *turn.id);
  }
  Batch batch;
  batch.operations.reserve(lessons.size() + 1);
  batch.operations.push_back(turn);
  for (Payload& lesson : lessons) {
    batch.operations.push_back({.user = turn.user,
                                .payload = std::move(lesson),
                                .id = base::derived_id(*turn.id, batch.operations.size()),
                                .at = turn.at,
                                .origin = turn.origin,
                                .channel = turn.channel,
                                .if_version = {}});
  }
  return batch;
}

Result<Page<Turn>> Store::last_turns(std::string_view user, std::size_t limit) const {
  if (!engine_) return closed();
  if (auto valid = check(user, limit); !valid) return std::unexpected(valid.error());
  return engine_->read([&](Connection& connection) { return sqlite::last_turns(connection, user, limit); });
}

Result<Page<Turn>> Store::session_turns(std::string_view user, std::string_view session, std::uint64_t after,
                                        std::size_t limit) const {
  if (!engine_) return closed();
  if (auto valid = check(user, limit); !valid) return std::unexpected(valid.error());
  if (auto valid = model::validate_name(session, "session"); !valid) return std::unexpected(valid.error());
  return engine_->read(
      [&](Connection& connection) { return sqlite::session_turns(connection, user, session, after, limit); });
}

Result<Page<Turn>> Store::turns_between(std::string_view user, Time from, Time until, std::uint64_t after,
                                        std::size_t limit) const {
  if (!engine_) return closed();
  if (auto valid = check(user, limit); !valid) return std::unexpected(valid.error());
  return engine_->read(
      [&](Connection& connection) { return sqlite::turns_between(connection, user, from, until, after, limit); });
}

Result<Page<Session>> Store::sessions(std::string_view user, std::uint64_t after, std::size_t limit) const {
  if (!engine_) return closed();
  if (auto valid = check(user, limit); !valid) return std::unexpected(valid.error());
  return engine_->read([&](Connection& connection) { return sqlite::sessions(connection, user, after, limit); });
}

Result<Page<Preference, std::string>> Store::preferences(std::string_view user, std::string_view after,
                                                         std::size_t limit) const {
  if (!engine_) return closed();
  if (auto valid = check(user, limit); !valid) return std::unexpected(valid.error());
  return engine_->read([&](Connection& connection) { return sqlite::preferences(connection, user, after, limit); });
}

Result<Read<std::vector<Dimension>>> Store::personality(std::string_view user) const {
  if (!engine_) return closed();
  if (auto valid = check(user); !valid) return std::unexpected(valid.error());
  return engine_->read([&](Connection& connection) { return sqlite::personality(connection, user); });
}

Result<Page<Evolution>> Store::evolution(std::string_view user, std::string_view dimension, std::uint64_t after,
                                         std::size_t limit) const {
  if (!engine_) return closed();
  if (auto valid = check(user, limit); !valid) return std::unexpected(valid.error());
  return engine_->read(
      [&](Connection& connection) { return sqlite::evolution(connection, user, dimension, after, limit); });
}

Result<Page<Fact>> Store::facts(std::string_view user, std::uint64_t after, std::size_t limit) const {
  if (!engine_) return closed();
  if (auto valid = check(user, limit); !valid) return std::unexpected(valid.error());
  return engine_->read([&](Connection& connection) { return sqlite::facts(connection, user, after, limit); });
}

Result<Page<ToolCall>> Store::tool_calls(std::string_view user, std::uint64_t before, std::size_t limit) const {
  if (!engine_) return closed();
  if (auto valid = check(user, limit); !valid) return std::unexpected(valid.error());
  return engine_->read([&](Connection& connection) { return sqlite::tool_calls(connection, user, before, limit); });
}

Result<Read<ToolCall>> Store::tool_call(std::string_view user, const OperationId& id) const {
  if (!engine_) return closed();
  if (auto valid = check(user); !valid) return std::unexpected(valid.error());
  return engine_->read([&](Connection& connection) { return sqlite::tool_call(connection, user, id); });
}

Result<Read<UserStatistics>> Store::user_statistics(std::string_view user) const {
  if (!engine_) return closed();
  if (auto valid = check(user); !valid) return std::unexpected(valid.error());
  return engine_->read([&](Connection& connection) { return sqlite::user_statistics(connection, user, base::now()); });
}

Result<StoreStatistics> Store::statistics() const {
  if (!engine_) return closed();
  auto counted = engine_->read([](Connection& connection) { return sqlite::statistics(connection); });
  if (counted) engine_->add_file_sizes(*counted);
  return counted;
}

Result<SearchPage> Store::search(std::string_view user, const SearchQuery& query) const {
  if (!engine_) return closed();
  if (auto valid = check(user); !valid) return std::unexpected(valid.error());
  if (query.session) {
    if (auto valid = model::validate_name(*query.session, "session"); !valid) return std::unexpected(valid.error());
  }
  if (query.limit < 1 || query.limit > limits::kSearchItemsMax) {
    return base::fail(ErrorCode::kInvalid,
                      fmt::format("limit is {}; it must be 1..{}", query.limit, limits::kSearchItemsMax),
                      "ask for a page within it, and go on from its `next`", "limit");
  }
  const auto terms = recall::search_terms(query.words);
  if (!terms) return std::unexpected(terms.error());
  return engine_->search(user, query, *terms);
}

Result<bool> Store::wait_for_search_index(milliseconds deadline,
                                          const std::function<void(std::uint64_t, std::uint64_t)>& progress) const {
  if (!engine_) return closed();
  return engine_->wait_for_search_index(deadline, progress);
}

Result<Read<std::string>> Store::prompt_context(std::string_view user) const {
  if (!engine_) return closed();
  if (auto valid = check(user); !valid) return std::unexpected(valid.error());
  auto parts = engine_->read([&](Connection& connection) { return sqlite::context_parts(connection, user); });
  if (!parts) return std::unexpected(parts.error());
  return Read<std::string>{.rev = parts->rev, .value = recall::prompt_context(parts->turns, parts->preferences)};
}

Result<Page<Change>> Store::changes(std::string_view user, std::uint64_t since, std::size_t limit) const {
  if (!engine_) return closed();
  if (auto valid = check(user, limit); !valid) return std::unexpected(valid.error());
  return engine_->read([&](Connection& connection) { return sqlite::changes(connection, user, since, limit); });
}

Result<Page<Change>> Store::all_changes(std::uint64_t since, std::size_t limit) const {
  if (!engine_) return closed();
  if (auto valid = model::validate_limit(limit); !valid) return std::unexpected(valid.error());
  return engine_->read([&](Connection& connection) { return sqlite::all_changes(connection, since, limit); });
}

Result<Erased> Store::erase(std::string_view user, const EraseOptions& options) {
  if (!engine_) return closed();
  if (auto valid = check(user); !valid) return std::unexpected(valid.error());
  return engine_->erase(user, options);
}

Result<Diagnosis> Store::diagnose() const {
  if (!engine_) return closed();
  return engine_->diagnose();
}

Result<VerifyReport> Store::verify(const VerifyOptions& options) const {
  if (!engine_) return closed();
  return engine_->verify(options);
}

Result<CopyReport> Store::backup(const std::string& to, const ProgressCallback& progress) const {
  if (!engine_) return closed();
  return engine_->backup(to, progress);
}

Result<CopyReport> Store::restore(const std::string& from, const std::string& to, const RestoreOptions& options) {
  return store::restore(from, to, options);
}

void Store::close(milliseconds deadline) {
  if (engine_) engine_->close(deadline);
}

struct Watch::State {
  store::Engine& engine;
  std::string user;
  std::uint64_t since = 0;
  std::vector<Change> page{};  // read ahead, from `next_in_page` on
  std::size_t next_in_page = 0;
};

Watch::Watch(std::unique_ptr<State> state) : state_(std::move(state)) {}
Watch::Watch(Watch&&) noexcept = default;
Watch& Watch::operator=(Watch&&) noexcept = default;
Watch::~Watch() = default;

Result<Watch> Store::watch(std::string_view user, std::uint64_t since) const {
  if (!engine_) return closed();
  if (auto valid = check(user); !valid) return std::unexpected(valid.error());
  return Watch(
      std::make_unique<Watch::State>(Watch::State{.engine = *engine_, .user = std::string(user), .since = since}));
}

Result<std::optional<Change>> Watch::next(milliseconds deadline) {
  State& state = *state_;
  const base::Instant until = std::chrono::steady_clock::now() + deadline;
  while (state.next_in_page == state.page.size()) {
    if (state.engine.is_closed()) return closed();
    // Counted before the look: a ring after it is not missed.
    const std::uint32_t rings = state.engine.bell().rings();
    auto page = state.engine.read(
        [&](Connection& connection) { return sqlite::changes(connection, state.user, state.since, kWatchPage); });
    // A fork interrupts reads; this one can simply be done again.
    const bool is_interrupted = !page && page.error().code == ErrorCode::kSnapshotExpired;
    if (!page && !is_interrupted) return std::unexpected(page.error());
    const base::Instant now = std::chrono::steady_clock::now();
    if (page && !page->items.empty()) {
      state.page = std::move(page->items);
      state.next_in_page = 0;
      state.since = base::proof::is_planted("watch_jumps_to_the_head") ? page->rev : state.page.back().rev;
      break;
    }
    if (now >= until) return std::optional<Change>();
    if (!is_interrupted) state.engine.bell().wait(rings, std::min(until, now + kLookAgainAfter));
  }
  return std::optional(std::move(state.page[state.next_in_page++]));
}

}  // namespace penny
