#include "proof/faults/attempt.hpp"

#include <chrono>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "proof/faults/attempt_steps.hpp"
#include "proof/faults/commit_attempt.hpp"
#include "proof/faults/contract.hpp"
#include "support/stores.hpp"

namespace penny::proof::faults {
namespace {

// Enough for a log of 16 MB; a lock that is refused for ever is asked for until then.
constexpr std::chrono::seconds kOpenDeadline{5};

using test::must;

Manner manner_of(const std::vector<Stroke>& strokes) {
  return strokes.empty() ? Manner::kUnnoticed : strokes.front().fault->manner;
}

// What the read answers without a fault.
const std::string& right_answer(const Bench& bench, const Subject& subject) {
  static std::map<std::pair<State, std::string>, std::string> known;
  const auto key = std::pair(subject.state, subject.name);
  if (const auto found = known.find(key); found != known.end()) return found->second;
  place(stock(subject.state, bench.folder), bench.database());
  Store store = open_live(bench);
  return known.emplace(key, must(subject.read(store))).first->second;
}

void try_read(const Bench& bench, const Subject& subject, const std::vector<Stroke>& strokes, Verdict& verdict) {
  const std::string& right = right_answer(bench, subject);
  const Manner manner = manner_of(strokes);
  place(stock(subject.state, bench.folder), bench.database());
  {
    Store store = open_live(bench);
    if (subject.is_warm) (void)must(subject.read(store));
    InForce fault(strokes, bench.database() + "-wal");
    const auto answer = subject.read(store);
    verdict.seen = seen();
    verdict.calls = calls();
    fault.lift();
    verdict.was_met = verdict.seen.hits > 0 || !answer;
    if (answer) {
      verdict.acknowledged += 1;
      const bool may_differ = manner == Manner::kLie || subject.may_speak_of_fault;
      verdict.findings.check(Claim::kReads, may_differ || *answer == right,
                             fmt::format("the answer is \"{}\", not \"{}\"", *answer, right));
    } else {
      verdict.refused += 1;
      const std::string objection = objection_to_read(answer.error(), manner);
      verdict.findings.check(Claim::kTyped, objection.empty(), objection);
      verdict.findings.check(Claim::kUnnoticed, manner != Manner::kUnnoticed, describe(answer.error()));
    }
    // What a lie left in a connection's memory stays there until the next commit.
    std::optional<Store> fresh;
    if (manner == Manner::kLie) fresh = open_live(bench);
    const auto again = subject.read(fresh ? *fresh : store);
    verdict.findings.check(Claim::kReads, again && *again == right,
                           again ? fmt::format("after the fault the answer is \"{}\", not \"{}\"", *again, right)
                                 : fmt::format("after the fault: {}", describe(again.error())));
  }
  check_nothing_left(bench, verdict.findings);
}

// Files as the hit left them, whatever their names: a kill in that moment.
const Bench* bench_of_hit = nullptr;
void copy_at_hit() {
  place({}, bench_of_hit->image());
  copy_image(bench_of_hit->database(), bench_of_hit->image());
  copy_image(bench_of_hit->database() + "-new", bench_of_hit->image() + "-new");
}

void check_opens(const Bench& bench, const Subject& subject, const std::string& database, const std::string& where,
                 Findings& findings) {
  const Stock& before = stock(subject.state, bench.folder);
  auto store = Store::open(database);
  findings.check(Claim::kOpens, store.has_value(), store ? "" : fmt::format("{}: {}", where, describe(store.error())));
  if (!store) return;
  Expected expected{.entries = before.entries, .told = {}};
  check_ledger(*store, expected, where, findings);
  const auto stored = follow_up(*store, expected, 0);
  findings.check(Claim::kResumes, stored.has_value(),
                 stored ? "" : fmt::format("{}: {}", where, describe(stored.error())));
  check_whole(*store, expected, where, findings);
}

void try_open(const Bench& bench, const Subject& subject, const std::vector<Stroke>& strokes, Verdict& verdict) {
  const Manner manner = manner_of(strokes);
  place({}, bench.image());
  place(stock(subject.state, bench.folder), bench.database());
  bench_of_hit = &bench;
  set_hit_hook(copy_at_hit);
  {
    InForce fault(strokes, bench.database() + "-wal");
    auto store = Store::open(bench.database(), {.deadline = kOpenDeadline});
    verdict.seen = seen();
    verdict.calls = calls();
    fault.lift();
    set_hit_hook(nullptr);
    verdict.was_met = verdict.seen.hits > 0 || !store;
    if (store) {
      verdict.acknowledged += 1;
      Expected expected{.entries = stock(subject.state, bench.folder).entries, .told = {}};
      // A lie about the log would look as if the last acknowledged operations had never been.
      const bool is_believed = manner == Manner::kLie && verdict.seen.first_file != "log";
      if (!is_believed) check_ledger(*store, expected, "opened under the fault", verdict.findings);
      const auto stored = follow_up(*store, expected, 0);
      if (verdict.seen.has_failed_sync) {
        verdict.findings.check(Claim::kOff, !stored && is_off(stored.error()), "it went on writing");
      } else {
        verdict.findings.check(Claim::kResumes, stored.has_value(), stored ? "" : describe(stored.error()));
      }
    } else {
      verdict.refused += 1;
      const std::string objection = objection_to_open(store.error(), manner);
      verdict.findings.check(Claim::kTyped, objection.empty(), objection);
      verdict.findings.check(Claim::kUnnoticed, manner != Manner::kUnnoticed, describe(store.error()));
    }
  }
  check_nothing_left(bench, verdict.findings);
  if (verdict.refused > 0) check_opens(bench, subject, bench.database(), "opened again", verdict.findings);
  if (verdict.seen.hits > 0) check_opens(bench, subject, bench.image(), "killed at the fault", verdict.findings);
}

void try_close(const Bench& bench, const Subject& subject, const std::vector<Stroke>& strokes, Verdict& verdict) {
  Expected expected{.entries = stock(subject.state, bench.folder).entries, .told = {}};
  place(stock(subject.state, bench.folder), bench.database());
  {
    std::optional<Store> store = open_live(bench);
    warm_up(*store, expected);
    InForce fault(strokes, bench.database() + "-wal");
    store->close();
    store.reset();
    verdict.seen = seen();
    verdict.calls = calls();
    verdict.was_met = verdict.seen.hits > 0;
    verdict.acknowledged += 1;
  }
  check_nothing_left(bench, verdict.findings);
  check_reopened(bench.database(), expected, "after closing", verdict.findings);
}

}  // namespace

Verdict attempt(const Bench& bench, const Subject& subject, const std::vector<Stroke>& strokes) {
  Verdict verdict;
  switch (subject.deed) {
    case Deed::kCommit:
      try_commit(bench, subject, strokes, verdict);
      break;
    case Deed::kRead:
      try_read(bench, subject, strokes, verdict);
      break;
    case Deed::kOpen:
      try_open(bench, subject, strokes, verdict);
      break;
    case Deed::kClose:
      try_close(bench, subject, strokes, verdict);
      break;
  }
  return verdict;
}

}  // namespace penny::proof::faults
