// Giving space back, from the caller's side: waiting for the committer's steps, then for whoever keeps the search index.

#include <algorithm>
#include <thread>
#include <utility>

#include <sys/stat.h>

#include "backend/sqlite/search_index.hpp"
#include "backend/sqlite/vacuum_steps.hpp"
#include "base/error.hpp"
#include "store/engine.hpp"

namespace penny {

std::string_view to_string(VacuumStage stage) {
  switch (stage) {
    case VacuumStage::kWaiting:
      return "waiting";
    case VacuumStage::kPages:
      return "pages";
    case VacuumStage::kLog:
      return "log";
    case VacuumStage::kIndex:
      return "index";
  }
  return "waiting";
}

Result<Vacuumed> Store::vacuum(const VacuumOptions& options) {
  if (!engine_) return base::fail(ErrorCode::kClosed, "the store is closed", "open it again");
  return engine_->vacuum(options);
}

}  // namespace penny

namespace penny::store {
namespace {

namespace sqlite = backend::sqlite;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kLookEvery{10};
constexpr milliseconds kTellEvery{100};
// Whoever keeps the index moves on within this time, or is stopped.
constexpr milliseconds kIndexStillMax{10'000};
// Between two portions of giving its space back less time passes.
constexpr milliseconds kIndexSettledAfter{200};

std::uint64_t bytes_of(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

Error unfinished(const std::optional<Error>& trouble) {
  return {.code = ErrorCode::kOverloaded,
          .message = "not all free space is given back: " +
                     (trouble ? trouble->message : "something else came first until the deadline, such as an erase"),
          .advice = trouble ? trouble->advice : "vacuum again: what has been done is not done twice",
          .field = "unfinished"};
}

// Tells how far it is, now and then. False: whoever listens wants no more.
class Told {
 public:
  explicit Told(const VacuumOptions& options) : options_(options) {}
  bool tell(const VacuumProgress& progress) {
    const base::Instant now = Clock::now();
    if (!options_.progress || now < next_) return true;
    next_ = now + kTellEvery;
    return options_.progress(progress);
  }

 private:
  const VacuumOptions& options_;
  base::Instant next_;
};

class OneAtATime {
 public:
  explicit OneAtATime(std::atomic<bool>& flag) : flag_(flag), is_first_(!flag.exchange(true)) {}
  ~OneAtATime() {
    if (is_first_) flag_ = false;
  }
  OneAtATime(const OneAtATime&) = delete;
  OneAtATime& operator=(const OneAtATime&) = delete;
  [[nodiscard]] bool is_first() const { return is_first_; }

 private:
  std::atomic<bool>& flag_;
  const bool is_first_;
};

}  // namespace

Result<Vacuumed> Engine::vacuum(const VacuumOptions& options) {
  const Call call;
  if (is_refused()) return std::unexpected(forked());
  if (auto writable = check_writable(); !writable) return std::unexpected(writable.error());
  if (is_closed()) return base::fail(ErrorCode::kClosed, "the store is closed", "open it again");
  const OneAtATime turn(is_vacuuming_);
  if (!turn.is_first())
    return base::fail(ErrorCode::kConflict, "this process gives space back already", "wait for that", "vacuum");
  const base::Instant deadline = Clock::now() + options.deadline;
  Vacuumed report{.bytes_before = bytes_of(file_.paths.database), .search_bytes_before = bytes_of(file_.paths.search)};
  auto done = await_given_back(options, deadline, report);
  if (done && report.is_complete && report.search_bytes_before > 0)
    done = await_search_index(options, deadline, report);
  if (!done) return std::unexpected(done.error());
  const auto space = read([](sqlite::Connection& connection) { return sqlite::file_space(connection); });
  if (!space) return std::unexpected(space.error());
  report.free_pages = space->free_pages;
  report.bytes_after = bytes_of(file_.paths.database);
  report.search_bytes_after = bytes_of(file_.paths.search);
  return report;
}

Result<void> Engine::await_given_back(const VacuumOptions& options, base::Instant deadline, Vacuumed& report) {
  committer_.start_vacuum();
  struct Withdrawn {
    explicit Withdrawn(Committer& committer) : committer_of_it(committer) {}
    ~Withdrawn() { committer_of_it.stop_vacuum(); }
    Withdrawn(const Withdrawn&) = delete;
    Withdrawn& operator=(const Withdrawn&) = delete;
    Committer& committer_of_it;
  };
  const Withdrawn withdrawn(committer_);
  Told told(options);
  for (;;) {
    const VacuumState state = committer_.vacuum_state();
    report.pages = state.pages;
    report.rounds = state.rounds;
    if (!state.is_at_work && state.trouble) return std::unexpected(*state.trouble);
    if (!state.is_at_work) return {};
    VacuumProgress progress = state.progress;
    if (state.trouble) progress.trouble = state.trouble->message;
    if (!told.tell(progress)) {
      report.is_complete = false;
      return {};
    }
    if (is_closed()) return base::fail(ErrorCode::kClosed, "the store is closed", "open it again");
    if (Clock::now() >= deadline) return std::unexpected(unfinished(state.trouble));
    std::this_thread::sleep_for(kLookEvery);
  }
}

// What was forgotten since is in the index until somebody brings it up to date. No one is told of an index that stands still: it is
// derived data.
Result<void> Engine::await_search_index(const VacuumOptions& options, base::Instant deadline, Vacuumed& report) {
  const auto head = read(
      [](sqlite::Connection& connection) { return connection.integer("SELECT coalesce(max(seq), 0) FROM ledger"); });
  if (!head) return std::unexpected(head.error());
  const auto wanted = static_cast<std::uint64_t>(*head);
  searching_.start_indexing();
  Told told(options);
  sqlite::IndexSpace before;
  base::Instant moved_at = Clock::now();
  for (;;) {
    const auto space = searching_.space(Clock::now() + read_deadline_);
    const base::Instant now = Clock::now();
    if (space && *space != before) {
      before = *space;
      moved_at = now;
    }
    const bool is_done = space && space->indexed_to >= wanted && !space->has_marked && !space->is_wasted();
    if (is_done && now - moved_at >= kIndexSettledAfter) return {};
    if (!told.tell({.stage = VacuumStage::kIndex, .done = std::min(before.indexed_to, wanted), .total = wanted})) {
      report.is_complete = false;
      return {};
    }
    if (is_closed()) return base::fail(ErrorCode::kClosed, "the store is closed", "open it again");
    if (now >= deadline || now - moved_at >= kIndexStillMax) {
      report.is_search_index_left = true;
      return {};
    }
    std::this_thread::sleep_for(kLookEvery);
  }
}

}  // namespace penny::store
