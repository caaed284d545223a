// A disk that is full, that fails at a sync, and that takes its time: what is acknowledged, and when.

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <sqlite3.h>

#include <penny/penny.hpp>

#include "proof/basics/chapter.hpp"
#include "proof/basics/held_gate.hpp"
#include "proof/basics/watched_disk.hpp"
#include "support/stores.hpp"

namespace penny::proof::basics {
namespace {

using std::chrono::milliseconds;
using test::must;

const std::string kUser = "ada";
const std::string kTold = "What a caller is told of an operation is true: stored, or certainly not";

std::string code_of(const Result<Outcome>& outcome) {
  return outcome ? "stored" : std::string(to_string(outcome.error().code));
}

bool is_stored(const Store& store, const Operation& operation) {
  for (const Change& change : must(store.changes(operation.user, 0, 1000)).items) {
    if (change.operation.id == operation.id) return true;
  }
  return false;
}

// A turn of so many bytes.
struct Size {
  std::string user;
  std::size_t bytes = 10;
};

struct Asked {
  Operation operation;
  Result<Outcome> outcome;
};

// Turns of these sizes that are committed together: they queue up in this order behind the gate, `inside` comes, and it opens.
template <class Inside>
std::vector<Asked> commit_together(Store& store, const std::string& path, const std::vector<Size>& sizes,
                                   Inside inside) {
  std::vector<Asked> asked;
  for (const auto& [user, bytes] : sizes)
    asked.push_back({.operation = test::with_id(test::a_turn(user, std::string(bytes, 'x'))), .outcome = {}});
  std::vector<std::thread> callers;
  {
    HeldGate held(path);
    for (Asked& one : asked) {
      callers.emplace_back([&store, &one] { one.outcome = store.commit(one.operation); });
      // In order, so that each has neighbours before and after it; the claims do not depend on it.
      std::this_thread::sleep_for(milliseconds(10));
    }
    inside();
  }
  for (std::thread& caller : callers) caller.join();
  return asked;
}

void check_told(Report& report, const Store& store, const std::vector<Asked>& asked, std::string_view where) {
  for (const Asked& one : asked) {
    report.check(kTold, is_stored(store, one.operation) == one.outcome.has_value(),
                 fmt::format("{}: told {}, and it is {}", where, code_of(one.outcome),
                             is_stored(store, one.operation) ? "there" : "not"));
  }
}

}  // namespace

void full_disk(Report& report) {
  WatchedDisk disk;
  const test::StoreFolder folder;
  {
    Store store = folder.open();
    (void)must(store.commit(test::a_turn(kUser, "before")));
    const auto asked = commit_together(store, folder.path(), {{kUser}, {kUser}, {kUser}}, [&] { disk.set_full(true); });
    for (const Asked& one : asked)
      same(report, "On a full disk a request is refused, as certainly not applied", code_of(one.outcome),
           std::string("storage_failed"));
    disk.set_full(false);
    check_told(report, store, asked, "full disk");
    same(report, "Writing goes on by itself when there is space again", code_of(store.commit(asked[0].operation)),
         std::string("stored"));

    // Memory for two of the three: SQLite then drops the whole transaction, with the neighbours' work.
    (void)sqlite3_hard_heap_limit64(0);
    const auto together =
        commit_together(store, folder.path(), {{kUser}, {kUser, std::size_t{1} << 20}, {kUser}, {kUser}},
                        [&] { (void)sqlite3_hard_heap_limit64(sqlite3_memory_used() + 400'000); });
    (void)sqlite3_hard_heap_limit64(0);
    same(report, "A request for which the memory does not suffice is refused, as certainly not applied",
         code_of(together[1].outcome), std::string("storage_failed"));
    check_told(report, store, together, "out of memory");
    same(report, "When the memory does not suffice for one request its neighbours are stored all the same",
         std::vector<std::string>{code_of(together[0].outcome), code_of(together[2].outcome),
                                  code_of(together[3].outcome)},
         {"stored", "stored", "stored"});
  }
  same(report, "A store that nobody damaged verifies", must(folder.open().verify()).problems, {});
}

void failed_read(Report& report) {
  WatchedDisk disk;
  const test::StoreFolder folder;
  const auto user = [](int number) { return fmt::format("user {}", number); };
  constexpr int kUsers = 40;
  {
    Store store = folder.open();
    for (int i = 0; i < kUsers; ++i) (void)must(store.commit(test::a_turn(user(i), std::string(1000, 'x'))));
  }
  // Opened anew, it knows the pages of the last user, and has to read those of the first.
  Store store = folder.open();
  (void)must(store.commit(test::a_turn(user(kUsers - 1), "known")));
  const auto asked = commit_together(store, folder.path(), {{user(kUsers - 1)}, {user(0)}, {user(kUsers - 1)}},
                                     [&] { disk.fail_reads(true); });
  disk.fail_reads(false);
  same(report, "When a read fails inside a transaction the request is refused, as certainly not applied",
       code_of(asked[1].outcome), std::string("storage_failed"));
  check_told(report, store, asked, "a read that failed");
  same(report, "A store that nobody damaged verifies", must(store.verify()).problems, {});
}

void failed_sync(Report& report) {
  WatchedDisk disk;
  const test::StoreFolder folder;
  const Operation operation = test::with_id(test::a_turn(kUser, "perhaps"));
  {
    Store store = folder.open();
    (void)must(store.commit(test::a_turn(kUser, "before")));
    disk.fail_next_log_sync();
    same(report, "A commit whose sync failed is told as unknown", code_of(store.commit(operation)),
         std::string("unknown"));
    same(report, "After a failed sync the store writes no more", code_of(store.commit(test::a_turn(kUser, "after"))),
         std::string("storage_failed"));
    same(report, "After a failed sync reading goes on", must(store.last_turns(kUser)).items.empty(), false);
  }
  Store store = folder.open();
  const std::string settled = "A retry with the same id settles what was unknown: it is stored once";
  same(report, settled, code_of(store.commit(operation)), std::string("stored"));
  std::size_t times = 0;
  for (const Change& change : must(store.changes(kUser)).items) times += change.operation.id == operation.id ? 1U : 0U;
  same(report, settled, times, std::size_t{1}, "rows with the id");
  same(report, "A store that nobody damaged verifies", must(store.verify()).problems, {});
}

void durability(Report& report) {
  WatchedDisk disk;
  const test::StoreFolder folder;
  const unsigned folders = folder_syncs();
  Store store = folder.open();
  (void)must(store.commit(test::a_turn(kUser, "before")));
  report.check("The folder of a new store is synced before its first commit is acknowledged", folder_syncs() > folders,
               "the name of its log was not synced");
  const std::string synced = "Every commit syncs the log before it is acknowledged";
  for (int i = 0; i < 15; ++i) {
    const unsigned before = disk.log_syncs();
    (void)must(store.commit(test::a_turn(kUser, "hello")));
    report.check(synced, disk.log_syncs() > before, fmt::format("commit {} synced nothing", i));
  }
  {
    disk.hold_log_syncs(true);
    std::atomic<bool> is_acknowledged{false};
    std::thread caller([&] {
      (void)store.commit(test::a_turn(kUser, "held"));
      is_acknowledged = true;
    });
    const bool is_reached = test::until([&] { return disk.held_log_syncs() > 0; }, milliseconds(1000));
    std::this_thread::sleep_for(milliseconds(30));
    report.check(synced, is_reached && !is_acknowledged, "a commit was acknowledged while its sync had not returned");
    disk.hold_log_syncs(false);
    caller.join();
  }
  {
    const unsigned before = disk.log_syncs();
    const Store again = folder.open();
    report.check("Opening syncs the log, whose end a killed process may have left unsynced", disk.log_syncs() > before,
                 "it was not synced");
  }
  for (const ConnectionSettings& one : must(store.diagnose()).connections) {
    if (one.role == "writer")
      same(report, "The writing connection uses synchronous=FULL", one.synchronous, std::string("full"));
  }

  const unsigned before = disk.database_syncs();
  constexpr std::size_t kTurns = 40;
  for (std::size_t i = 0; i < kTurns; ++i)
    (void)must(store.commit(test::a_turn(kUser, std::string(std::size_t{1} << 20, 'x'))));
  report.check("The log is copied when it grows, and does not grow for ever",
               must(store.statistics()).wal_bytes < 25'000'000,
               fmt::format("{} bytes of log after {} MiB of turns", must(store.statistics()).wal_bytes, kTurns));
  report.check("What is copied from the log into the database is synced", disk.database_syncs() > before,
               "the log was copied, and the database not synced");
}

}  // namespace penny::proof::basics
