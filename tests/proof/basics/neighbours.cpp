// Several processes on one store: what they see of each other, and whose turn it is.

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <penny/penny.hpp>

#include "proof/basics/chapter.hpp"
#include "proof/basics/held_gate.hpp"
#include "proof/basics/neighbour.hpp"
#include "store/gate.hpp"
#include "store/gate_page.hpp"
#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::proof::basics {
namespace {

using std::chrono::milliseconds;
using test::must;
using Clock = std::chrono::steady_clock;

const std::string kUser = "ada";

double ms_since(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

std::string code_of(const Result<Outcome>& outcome) {
  return outcome ? "stored" : std::string(to_string(outcome.error().code));
}

// Somebody is inside while a neighbour queues up, leaves, and tries to come in again at once.
void order_at_the_gate(Report& report, const std::string& path, const Store& store, Neighbour& neighbour) {
  const auto paths = must(base::prepare_paths(path, false));
  const auto page = must(store::GatePage::open(paths, false));
  const auto gate = must(store::Gate::open(paths, *page));
  constexpr int kTimes = 15;
  int overtakings = 0;
  std::vector<double> waits_ms;
  for (int i = 0; i < kTimes; ++i) {
    if (!gate->enter([] { return true; })) throw std::runtime_error("the gate is closed");
    neighbour.send(fmt::format("commit {} 10000", kUser));
    if (!wait_for_waiters(store, 1)) throw std::runtime_error("the neighbour does not come to the gate");
    gate->leave();
    const auto left_at = Clock::now();
    if (gate->try_enter()) {
      overtakings += 1;
      gate->leave();
    }
    (void)neighbour.answer();
    waits_ms.push_back(ms_since(left_at));
  }
  // The scheduler may let the neighbour go in and out before the next line here.
  report.check("Nobody enters the gate before one that waits", overtakings <= kTimes / 3,
               fmt::format("{} of {} times", overtakings, kTimes));
  // Who is not woken finds out by itself after 10 ms, on an average.
  std::ranges::nth_element(waits_ms, waits_ms.begin() + kTimes / 2);
  report.check("When one leaves the gate the next in line is woken", waits_ms[kTimes / 2] < 5,
               fmt::format("half of {} waits were {:.1f} ms and longer", kTimes, waits_ms[kTimes / 2]));
}

}  // namespace

void watching(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  Neighbour neighbour(folder.path());
  (void)neighbour.ask("open");
  const std::string all = "Who watches is told of every change once, in order";
  Batch batch;
  for (int i = 0; i < 50; ++i) batch.operations.push_back(test::a_turn(kUser));
  for (int i = 0; i < 7; ++i) (void)must(store.commit(batch));
  Watch watch = must(store.watch(kUser));
  for (std::uint64_t rev = 1; rev <= 350; ++rev) {
    const auto change = must(watch.next(milliseconds(rev == 1 ? 1000 : 0)));
    same(report, all, change ? change->rev : 0, rev, "rev");
    if (!change) break;
  }
  Watch live = must(store.watch(kUser, 350));
  std::vector<double> delays;
  for (int i = 0; i < 5; ++i) {
    Clock::time_point seen;
    std::thread watcher([&] {
      if (must(live.next(milliseconds(2000)))) seen = Clock::now();
    });
    // The watcher has looked, and sleeps.
    std::this_thread::sleep_for(milliseconds(20));
    (void)neighbour.commit(kUser);
    const auto acknowledged = Clock::now();
    watcher.join();
    delays.push_back(std::chrono::duration<double, std::milli>(seen - acknowledged).count());
  }
  std::ranges::sort(delays);
  report.check("Who watches is told at once when another process commits", delays.at(2) < 60,
               fmt::format("after {:.0f} ms", delays.at(2)));
}

void neighbours(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  std::vector<Neighbour> others;
  for (int i = 0; i < 4; ++i) others.emplace_back(folder.path());
  for (Neighbour& one : others) (void)one.ask("open");

  const std::string kept = "What processes write in turn for one user is all kept, one rev after the other";
  for (int round = 0; round < 5; ++round) {
    std::uint64_t expected = must(store.commit(test::a_turn(kUser))).rev;
    for (Neighbour& one : others) {
      expected += 1;
      same(report, kept, one.commit(kUser).rev, expected, "rev");
      const auto read = test::words(one.ask("last " + kUser));
      same(report, "A read that begins after an acknowledgement sees what was acknowledged, in every process",
           std::string(read.at(1)), std::to_string(expected));
    }
  }
  same(report, kept, must(store.changes(kUser)).items.size(), std::size_t{25}, "operations");

  const std::string summed = "No change is lost when several processes raise one dimension";
  constexpr int kTimes = 8;
  for (Neighbour& one : others) one.send(fmt::format("adjust {} mood 0.01 {}", kUser, kTimes));
  for (Neighbour& one : others) same(report, summed, one.answer().told, std::string("stored"), "adjusting");
  for (const Dimension& dimension : must(store.personality(kUser)).value) {
    if (dimension.name != "mood") continue;
    close_to(report, summed, std::get<double>(dimension.value), 0.5 + 0.01 * 4 * kTimes);
    same(report, summed, dimension.version, std::uint64_t{4 * kTimes}, "version");
  }

  order_at_the_gate(report, folder.path(), store, others.front());
  same(report, "A store that nobody damaged verifies", must(store.verify()).problems, {});
}

void gate(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  (void)must(store.commit(test::a_turn(kUser)));
  {
    const std::string claim = "A waiter that is stopped costs those behind it some 20 ms, and no more";
    Neighbour stopped(folder.path());
    (void)stopped.ask("open");
    (void)stopped.commit(kUser);
    HeldGate held(folder.path());
    stopped.send("commit " + kUser + " 20000");
    if (!wait_for_waiters(store, 1)) throw std::runtime_error("the neighbour does not wait for the gate");
    stopped.stop();
    Result<Outcome> outcome;
    double took = 0;
    std::thread caller([&] {
      outcome = store.commit(test::a_turn(kUser), milliseconds(1500));
      took = ms_since(Clock::time_point{});
    });
    const bool do_both_wait = wait_for_waiters(store, 2);
    const double opened = ms_since(Clock::time_point{});
    held.let_go();
    caller.join();
    report.check(claim, do_both_wait && outcome && took - opened < 250,
                 fmt::format("{} after {:.0f} ms", code_of(outcome), took - opened));
    stopped.go_on();
    same(report, "A waiter that was stopped is answered when it goes on", stopped.answer().told, std::string("stored"));
  }
  {
    const std::string claim = "A process that is killed inside the gate leaves it free";
    Neighbour killed(folder.path());
    (void)killed.ask("open");
    (void)killed.commit(kUser);
    {
      // It comes no further than to the begin of its transaction.
      test::RawDatabase foreign(folder.path());
      foreign.run("BEGIN IMMEDIATE");
      killed.send("commit " + kUser + " 20000");
      const bool is_inside = test::until(
          [&] {
            const auto holder = must(store.diagnose()).gate_holder;
            return holder && holder->pid == killed.pid();
          },
          milliseconds(2000));
      if (!is_inside) throw std::runtime_error("the neighbour does not enter the gate");
      killed.kill();
      foreign.run("ROLLBACK");
    }
    same(report, claim, code_of(store.commit(test::a_turn(kUser), milliseconds(1500))), std::string("stored"));
  }
  {
    // A second copy of SQLite, closing the store's files, would drop every lock that belongs to the process.
    const int file = open((folder.path() + "-shm").c_str(), O_RDWR | O_CLOEXEC);
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const bool is_asked = file >= 0 && fcntl(file, F_OFD_GETLK, &lock) == 0;
    close(file);
    report.check("The store's locks belong to its descriptors, not to the process",
                 is_asked && lock.l_type != F_UNLCK && lock.l_pid == -1,
                 fmt::format("lock type {} of pid {}", lock.l_type, lock.l_pid));
  }
  {
    const std::string claim =
        "A log that was deleted while the store was open is noticed before the next commit is acknowledged";
    unlink((folder.path() + "-wal").c_str());
    same(report, claim, code_of(store.commit(test::a_turn(kUser))), std::string("storage_failed"));
  }
}

void creation(Report& report) {
  for (int round = 0; round < 3; ++round) {
    const test::StoreFolder folder;
    std::vector<Neighbour> makers;
    for (int i = 0; i < 3; ++i) makers.emplace_back(folder.path());
    for (Neighbour& one : makers) one.send("open");
    for (Neighbour& one : makers) one.send("commit " + kUser + " 10000");
    // Whoever sees the file may open it.
    (void)test::until([&] { return access(folder.path().c_str(), F_OK) == 0; }, milliseconds(5000),
                      std::chrono::microseconds(20));
    const auto seen = Store::open(folder.path(), {.create = false});
    report.check("A store is whole from the moment its file has its name", seen.has_value(),
                 seen ? "" : fmt::format("{}: {}", to_string(seen.error().code), seen.error().message));
    const std::string claim = "When several processes make one store at once, there is one, and all of them use it";
    for (Neighbour& one : makers) {
      same(report, claim, one.line(), std::string("open"));
      same(report, claim, one.answer().told, std::string("stored"));
    }
    same(report, claim, must(folder.open().changes(kUser)).items.size(), std::size_t{3}, "operations");
  }
}

}  // namespace penny::proof::basics
