#include "proof/histories/perform.hpp"

#include <chrono>
#include <utility>

#include <fmt/ranges.h>

#include "proof/histories/vocabulary.hpp"

namespace penny::proof::histories {
namespace {

constexpr std::string_view kOnlyDimension;  // all of them

template <class T>
bool is_answered(const Result<T>& result, Call& call) {
  if (result) {
    call.status = Status::kOk;
    return true;
  }
  call.error = result.error().code;
  call.status = call.error == ErrorCode::kUnknown ? Status::kUnknown : Status::kRefused;
  call.text = result.error().message;
  return false;
}

template <class Items>
void take(const Items& items, Call& call) {
  call.entries.reserve(items.size());
  for (const auto& item : items) call.entries.push_back(entry_of(item));
}

void take_changes(const std::vector<Change>& changes, Call& call) {
  for (const Change& change : changes) {
    Entry entry = entry_of(*change.operation.id, change.rev, change.result);
    Action asked{.id = entry.id, .kind = Kind::kRememberFact};
    if (change.is_forgotten) {
      entry.flag = true;
    } else {
      asked = action_of(change.operation);
    }
    call.entries.push_back(entry);
    call.actions.push_back(asked);
  }
}

void write(Store& store, Call& call) {
  Batch batch;
  for (const Action& action : call.actions) batch.operations.push_back(operation_of(call.user, action));
  if (call.guard) {
    batch.if_unchanged_since = IfUnchangedSince{.rev = call.guard->rev, .keys = {}};
    for (const GuardKey& key : call.guard->keys) batch.if_unchanged_since->keys.push_back(condition_key(key));
  }
  const auto deadline = call.deadline == 0 ? kCommitDeadlineDefault : std::chrono::milliseconds(call.deadline);
  const auto stored = store.commit(std::move(batch), deadline);
  if (!is_answered(stored, call)) return;
  call.is_already_stored = stored->is_already_stored;
  for (const Outcome& outcome : stored->outcomes)
    call.entries.push_back(entry_of(outcome.id, outcome.rev, outcome.result));
}

void watch(Store& store, Call& call) {
  auto watch = store.watch(user_text(call.user), call.since);
  if (!is_answered(watch, call)) return;
  auto next = watch->next(std::chrono::milliseconds(call.deadline));
  if (!is_answered(next, call) || !*next) return;
  call.rev = (*next)->rev;
  take_changes({**next}, call);
}

}  // namespace

void perform(Store& store, Call& call) {
  const std::string_view user = user_text(call.user);
  const auto take_page = [&](const auto& page) {
    if (!is_answered(page, call)) return;
    call.rev = page->rev;
    take(page->items, call);
  };
  switch (call.ask) {
    case Ask::kWrite:
      return write(store, call);
    case Ask::kLastTurns:
      return take_page(store.last_turns(user, call.limit));
    case Ask::kSessionTurns:
      return take_page(store.session_turns(user, session_text(call.session), call.since, call.limit));
    case Ask::kPreferences:
      return take_page(store.preferences(user, {}, call.limit));
    case Ask::kEvolution:
      return take_page(store.evolution(user, kOnlyDimension, call.since, call.limit));
    case Ask::kFacts:
      return take_page(store.facts(user, call.since, call.limit));
    case Ask::kSessions:
      return take_page(store.sessions(user, call.since, call.limit));
    case Ask::kPersonality: {
      const auto read = store.personality(user);
      if (!is_answered(read, call)) return;
      call.rev = read->rev;
      return take(read->value, call);
    }
    case Ask::kChanges: {
      const auto page = store.changes(user, call.since, call.limit);
      if (!is_answered(page, call)) return;
      call.rev = page->rev;
      return take_changes(page->items, call);
    }
    case Ask::kWatch:
      return watch(store, call);
    case Ask::kPromptContext: {
      auto read = store.prompt_context(user);
      if (!is_answered(read, call)) return;
      call.rev = read->rev;
      call.text = std::move(read->value);
      return;
    }
    case Ask::kVerify: {
      const auto report = store.verify();
      if (is_answered(report, call)) call.text = fmt::format("{}", fmt::join(report->problems, "; "));
      return;
    }
  }
}

}  // namespace penny::proof::histories
