// Waiting for the gate: deadlines, the queue's limit, closing, and programs that know nothing of the gate.

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <penny/penny.hpp>

#include "proof/basics/chapter.hpp"
#include "proof/basics/held_gate.hpp"
#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::proof::basics {
namespace {

using std::chrono::milliseconds;
using test::must;
using Clock = std::chrono::steady_clock;

const std::string kUser = "ada";
const std::string kTold = "What a caller is told of an operation is true: stored, or certainly not";

std::string code_of(const Result<Outcome>& outcome) {
  return outcome ? "stored" : std::string(to_string(outcome.error().code));
}

bool is_stored(const Store& store, const OperationId& id) {
  for (const Change& change : must(store.changes(kUser, 0, 1000)).items) {
    if (change.operation.id == id) return true;
  }
  return false;
}

// A commit in a thread of its own.
class Waiting {
 public:
  Waiting(Store& store, milliseconds deadline)
      : thread_([this, &store, deadline] {
          const auto began = Clock::now();
          outcome_ = store.commit(test::with_id(test::a_turn(kUser, "waits"), id_), deadline);
          took_ = Clock::now() - began;
        }) {}
  ~Waiting() {
    if (thread_.joinable()) thread_.join();
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  const Result<Outcome>& outcome() {
    if (thread_.joinable()) thread_.join();
    return outcome_;
  }
  [[nodiscard]] double took_ms() const { return std::chrono::duration<double, std::milli>(took_).count(); }
  [[nodiscard]] const OperationId& id() const { return id_; }

 private:
  OperationId id_ = OperationId::make();
  Result<Outcome> outcome_;
  Clock::duration took_{};
  std::thread thread_;
};

}  // namespace

void deadlines(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  (void)must(store.commit(test::a_turn(kUser, "before")));
  const std::string claim = "A request that waits is answered at its deadline, as not applied";
  {
    HeldGate held(folder.path());
    Waiting first(store, milliseconds(150));
    Waiting second(store, milliseconds(150));
    std::thread opener([&] {
      std::this_thread::sleep_for(milliseconds(600));
      held.let_go();
    });
    for (Waiting* one : {&first, &second}) {
      same(report, claim, code_of(one->outcome()), std::string("deadline_exceeded"), "behind a closed gate");
      report.check(claim, one->took_ms() >= 149 && one->took_ms() < 350,
                   fmt::format("after {:.0f} ms of 150", one->took_ms()));
    }
    opener.join();
    (void)must(store.commit(test::a_turn(kUser, "after")));
    for (Waiting* one : {&first, &second}) {
      report.check(
          kTold, is_stored(store, one->id()) == one->outcome().has_value(),
          fmt::format("told {}, and it is {}", code_of(one->outcome()), is_stored(store, one->id()) ? "there" : "not"));
    }
  }
  for (int i = 0; i < 20; ++i) {
    const OperationId id = OperationId::make();
    const auto outcome = store.commit(test::with_id(test::a_turn(kUser, "in a hurry"), id), milliseconds(i % 2));
    report.check(kTold, is_stored(store, id) == outcome.has_value(),
                 fmt::format("deadline {} ms: told {}, and it is {}", i % 2, code_of(outcome),
                             is_stored(store, id) ? "there" : "not"));
  }
}

void queue(Report& report) {
  const test::StoreFolder folder;
  Store store = must(Store::open(folder.path(), {.queue_requests_max = 2}));
  (void)must(store.commit(test::a_turn(kUser, "before")));
  std::vector<std::string> codes;
  {
    HeldGate held(folder.path());
    Waiting first(store, milliseconds(200));
    Waiting second(store, milliseconds(200));
    Waiting third(store, milliseconds(200));
    std::this_thread::sleep_for(milliseconds(250));
    held.let_go();
    for (Waiting* one : {&first, &second, &third}) codes.push_back(code_of(one->outcome()));
  }
  std::ranges::sort(codes);
  same(report, "When the queue is full the next request is refused at once", codes,
       {"deadline_exceeded", "deadline_exceeded", "overloaded"}, "three requests, room for two");
}

void closing(Report& report) {
  const test::StoreFolder folder;
  const std::string drained = "Closing waits for the requests that wait, as long as it may";
  {
    Store store = folder.open();
    (void)must(store.commit(test::a_turn(kUser, "before")));
    HeldGate held(folder.path());
    Waiting waiting(store, milliseconds(10'000));
    if (!wait_for_waiters(store, 1)) throw std::runtime_error("nobody waits for the gate");
    std::thread closer([&] { store.close(milliseconds(5'000)); });
    // Until the closing has begun.
    (void)test::until([&] {
      const auto probe = store.commit(test::a_turn(kUser, "too late"), milliseconds(0));
      return !probe && probe.error().code == ErrorCode::kClosed;
    });
    held.let_go();
    same(report, drained, code_of(waiting.outcome()), std::string("stored"), "a waiting request");
    closer.join();
  }
  OperationId id;
  std::string told;
  {
    Store store = folder.open();
    (void)must(store.commit(test::a_turn(kUser, "before")));
    const HeldGate held(folder.path());
    Waiting waiting(store, milliseconds(10'000));
    if (!wait_for_waiters(store, 1)) throw std::runtime_error("nobody waits for the gate");
    store.close(milliseconds(20));
    told = code_of(waiting.outcome());
    id = waiting.id();
  }
  const Store store = folder.open();
  report.check(kTold, is_stored(store, id) == (told == "stored"),
               fmt::format("at closing told {}, and it is {}", told, is_stored(store, id) ? "there" : "not"));
  same(report, "Closing refuses what could not be stored in time", told, std::string("closed"));
}

void foreign_writers(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  (void)must(store.commit(test::a_turn(kUser, "before")));
  const std::string claim = "No caller hears of SQLite's locks: a foreign program that writes is waited for";
  test::RawDatabase foreign(folder.path());
  foreign.run("BEGIN IMMEDIATE");
  Waiting waiting(store, milliseconds(10'000));
  std::this_thread::sleep_for(milliseconds(250));  // longer than SQLite's own patience
  foreign.run("ROLLBACK");
  same(report, claim, code_of(waiting.outcome()), std::string("stored"));
}

}  // namespace penny::proof::basics
