// Forgetting in steps: reads find what one operation can take, and the operations go the way of all others.

#include <penny/store.hpp>

#include <algorithm>
#include <utility>

#include "backend/sqlite/forgetting_reads.hpp"
#include "base/error.hpp"
#include "model/validation.hpp"
#include "store/engine.hpp"

namespace penny {
namespace {

namespace sqlite = backend::sqlite;
using backend::sqlite::Connection;

constexpr std::size_t kUsersAtOnce = 100;

std::unexpected<Error> closed() { return base::fail(ErrorCode::kClosed, "the store is closed", "open it again"); }

// Forgets what is wanted of one user; `done.is_complete` is false if the callback ended it.
Result<void> forget_wanted(store::Engine& engine, const std::string& user, sqlite::TurnsWanted wanted, bool is_dry_run,
                           const ForgettingProgress& progress, Forgotten& done) {
  const auto range =
      engine.read([&](Connection& connection) { return sqlite::range_of_turns(connection, user, wanted.session); });
  if (!range) return std::unexpected(range.error());
  wanted.after_rev = std::max(wanted.after_rev, range->first_rev - 1);
  std::uint64_t next = range->last_rev;
  while (next > wanted.after_rev) {
    const auto page =
        engine.read([&](Connection& connection) { return sqlite::spans_of_turns(connection, user, wanted, next); });
    if (!page) return std::unexpected(page.error());
    for (const sqlite::TurnSpan& span : page->spans) {
      if (is_dry_run) {
        done.turns += span.turns;
        continue;
      }
      Batch batch;
      batch.operations.push_back(
          {.user = user,
           .payload = ForgetTurns{.first_rev = span.first_rev, .last_rev = span.last_rev, .session = wanted.session}});
      const auto stored = engine.commit(std::move(batch), kCommitDeadlineDefault);
      if (!stored) return std::unexpected(stored.error());
      done.operations += 1;
      done.turns += std::get<ForgottenResult>(stored->outcomes.front().result).turns;
      done.revs_left = span.first_rev - 1 - wanted.after_rev;
      if (progress && !progress(done)) {
        done.is_complete = false;
        return {};
      }
    }
    next = page->next;
    done.revs_left = next > wanted.after_rev ? next - wanted.after_rev : 0;
    if (page->spans.empty() && next > 0 && progress && !progress(done)) {
      done.is_complete = false;
      return {};
    }
  }
  done.users += 1;
  return {};
}

}  // namespace

Result<Forgotten> Store::forget_session(std::string_view user, std::string_view session,
                                        const ForgettingProgress& progress) {
  if (!engine_) return closed();
  if (auto valid = model::validate_user(user); !valid) return std::unexpected(valid.error());
  if (auto valid = model::validate_name(session, "session"); !valid) return std::unexpected(valid.error());
  Forgotten done;
  const sqlite::TurnsWanted wanted{.session = std::string(session)};
  if (auto ended = forget_wanted(*engine_, std::string(user), wanted, false, progress, done); !ended)
    return std::unexpected(ended.error());
  return done;
}

Result<Forgotten> Store::forget_turns_after(std::string_view user, std::uint64_t rev,
                                            const ForgettingProgress& progress) {
  if (!engine_) return closed();
  if (auto valid = model::validate_user(user); !valid) return std::unexpected(valid.error());
  Forgotten done;
  const sqlite::TurnsWanted wanted{.after_rev = rev};
  if (auto ended = forget_wanted(*engine_, std::string(user), wanted, false, progress, done); !ended)
    return std::unexpected(ended.error());
  return done;
}

Result<Forgotten> Store::clean_up(const CleanUp& what, const ForgettingProgress& progress) {
  if (!engine_) return closed();
  const sqlite::TurnsWanted wanted{.before = what.older_than};
  Forgotten done;
  if (what.user) {
    if (auto valid = model::validate_user(*what.user); !valid) return std::unexpected(valid.error());
    if (auto ended = forget_wanted(*engine_, *what.user, wanted, what.is_dry_run, progress, done); !ended)
      return std::unexpected(ended.error());
    return done;
  }
  std::string last;
  for (;;) {
    const auto users =
        engine_->read([&](Connection& connection) { return sqlite::users_after(connection, last, kUsersAtOnce); });
    if (!users) return std::unexpected(users.error());
    for (const std::string& user : *users) {
      if (auto ended = forget_wanted(*engine_, user, wanted, what.is_dry_run, progress, done); !ended)
        return std::unexpected(ended.error());
      if (!done.is_complete) return done;
      last = user;
    }
    if (users->size() < kUsersAtOnce) return done;
  }
}

Result<Forgotten> Store::forget_preference(std::string_view user, std::string_view key,
                                           std::optional<std::uint64_t> if_version,
                                           const ForgettingProgress& progress) {
  if (!engine_) return closed();
  Forgotten done;
  std::optional<std::uint64_t> version = if_version;
  do {
    Operation operation{
        .user = std::string(user), .payload = ForgetPreference{.key = std::string(key)}, .if_version = version};
    auto stored = commit(std::move(operation));
    if (!stored) return std::unexpected(stored.error());
    const auto& result = std::get<PreferenceResult>(stored->result);
    version = result.version;
    done.operations += 1;
    done.revs_left = result.frequency;
    if (done.revs_left > 0 && progress && !progress(done)) {
      done.is_complete = false;
      return done;
    }
  } while (done.revs_left > 0);
  done.users = 1;
  return done;
}

}  // namespace penny
