// Erasing a user, from the caller's side: the tombstone, then waiting for the committer's steps, then a search for what is left.

#include <algorithm>
#include <thread>
#include <utility>

#include <fmt/core.h>

#include "backend/prepared.hpp"
#include "backend/sqlite/erase_steps.hpp"
#include "backend/sqlite/erasures.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"
#include "store/engine.hpp"
#include "store/traces.hpp"

namespace penny {

std::string_view to_string(EraseStage stage) {
  switch (stage) {
    case EraseStage::kWaiting:
      return "waiting";
    case EraseStage::kIndex:
      return "index";
    case EraseStage::kRows:
      return "rows";
    case EraseStage::kPages:
      return "pages";
    case EraseStage::kLog:
      return "log";
    case EraseStage::kFiles:
      return "files";
  }
  return "waiting";
}

}  // namespace penny

namespace penny::store {
namespace {

namespace sqlite = backend::sqlite;
using backend::sqlite::Connection;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kLookEvery{10};
constexpr milliseconds kTellEvery{100};
constexpr milliseconds kCommitMax{30'000};

// Random bytes that stand in the ledger's rows and nowhere else.
constexpr const char* kMarks =
    "SELECT salt FROM ledger WHERE user = ? AND salt IS NOT NULL ORDER BY rev DESC LIMIT 256";

Result<std::vector<std::string>> marks_of(Connection& connection, std::string_view name) {
  auto snapshot = sqlite::Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  std::vector<std::string> marks;
  // A tombstone stays, and its mark with it.
  const auto has_name = sqlite::has_name(connection, name);
  if (!has_name) return std::unexpected(has_name.error());
  if (!*has_name) return marks;
  const auto user = snapshot->user(name);
  if (!user) return std::unexpected(user.error());
  sqlite::Cursor cursor = connection.query(kMarks);
  cursor.bind(user->id);
  for (;;) {
    const auto found = cursor.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return marks;
    const auto salt = cursor.blob(0);
    marks.emplace_back(salt.begin(), salt.end());
  }
}

Error unfinished(std::optional<Error> trouble) {
  if (!trouble)
    trouble = Error{.code = ErrorCode::kOverloaded, .message = "its deadline passed", .advice = {}, .field = {}};
  const std::string advice = trouble->advice.empty() ? "erase again to go on" : trouble->advice;
  return {.code = ErrorCode::kOverloaded,
          .message =
              "the user is erased, nobody sees it any more, but not all is removed from the disk: " + trouble->message,
          .advice = advice + "; whoever opens the store goes on with it",
          .field = "unfinished"};
}

}  // namespace

// At open: what somebody left off, or remembered for long enough, is taken up by the committer's thread.
void Engine::resume_erasing() {
  if (base::proof::is_planted("erase_not_resumed")) return;
  if (file_.has_something_to_erase) committer_.start_erasing();
}

Result<std::uint64_t> Engine::bury(std::string_view user, base::Instant deadline) {
  Batch batch;
  batch.operations.push_back({.user = std::string(user), .payload = EraseUser{}});
  auto prepared = backend::prepare(std::move(batch));
  if (!prepared) return std::unexpected(prepared.error());
  auto buried = committer_.commit(*prepared, std::min(deadline, Clock::now() + kCommitMax));
  if (buried) return buried->outcomes.front().rev;
  if (buried.error().code != ErrorCode::kNotFound) return std::unexpected(buried.error());
  // Erased before, by this caller or another one: what is left of it goes.
  const auto life = read([&](Connection& connection) -> Result<std::optional<sqlite::NewLife>> {
    auto snapshot = sqlite::Snapshot::begin(connection);
    if (!snapshot) return std::unexpected(snapshot.error());
    return sqlite::find_new_life(connection, user);
  });
  if (!life) return std::unexpected(life.error());
  if (!*life) return std::unexpected(buried.error());
  return (*life)->rev;
}

Result<Erased> Engine::erase(std::string_view user, const EraseOptions& options) {
  const Call call;
  if (is_refused()) return std::unexpected(forked());
  if (auto writable = check_writable(); !writable) return std::unexpected(writable.error());
  const base::Instant deadline = Clock::now() + options.deadline;
  auto traces = read([&](Connection& connection) { return marks_of(connection, user); });
  if (!traces) return std::unexpected(traces.error());
  const auto rev = bury(user, deadline);
  if (!rev) return std::unexpected(rev.error());
  if (auto removed = await_removal(user, options, deadline); !removed) return std::unexpected(removed.error());

  traces->insert(traces->end(), options.also_search_for.begin(), options.also_search_for.end());
  const auto tell = [&](std::uint64_t done, std::uint64_t total) {
    if (options.progress) options.progress({.stage = EraseStage::kFiles, .done = done, .total = total});
  };
  const auto found = count_traces(file_.paths, *traces, tell);
  if (!found) return std::unexpected(found.error());
  Erased erased{.rev = *rev, .bytes_found = *found};
  // The name is there again, and rightly so, once its user has written again.
  const auto of_name = count_traces(file_.paths, forms_of_name(user), {});
  if (!of_name) return std::unexpected(of_name.error());
  if (*of_name == 0) return erased;
  const auto has_name = read([&](Connection& connection) { return sqlite::has_name(connection, user); });
  if (!has_name) return std::unexpected(has_name.error());
  if (!*has_name) erased.bytes_found += *of_name;
  return erased;
}

Result<void> Engine::await_removal(std::string_view user, const EraseOptions& options, base::Instant deadline) {
  committer_.start_erasing();
  base::Instant tell_at = Clock::now();
  for (;;) {
    const auto is_left = read([&](Connection& connection) { return sqlite::is_erase_unfinished(connection, user); });
    const bool is_interrupted = !is_left && is_left.error().code == ErrorCode::kSnapshotExpired;
    if (!is_left && !is_interrupted) return std::unexpected(is_left.error());
    if (is_left && !*is_left) return {};
    const EraseState state = committer_.erase_state();
    const base::Instant now = Clock::now();
    if (options.progress && now >= tell_at) {
      EraseProgress progress = state.progress;
      if (state.trouble) progress.trouble = state.trouble->message;
      options.progress(progress);
      tell_at = now + kTellEvery;
    }
    if (now >= deadline || (!state.is_at_work && state.trouble)) return std::unexpected(unfinished(state.trouble));
    if (!state.is_at_work) committer_.start_erasing();
    std::this_thread::sleep_for(kLookEvery);
  }
}

}  // namespace penny::store
