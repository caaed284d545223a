// Processes that hold reads.
//
// A read of the store that takes 100 ms is one that has much to look at. Here it looks at little and sleeps between, inside the same
// call that every read of the store goes through, so that fifty of them leave processor time for those who write.

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include <penny/store.hpp>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "bench/figures/child.hpp"
#include "bench/figures/counters.hpp"
#include "bench/figures/must.hpp"
#include "bench/figures/threads.hpp"
#include "bench/figures/workers.hpp"
#include "bench/raw_sqlite.hpp"
#include "store/engine.hpp"

namespace penny::figures {
namespace {

using backend::sqlite::Connection;
using backend::sqlite::Snapshot;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr const char* kLook = "SELECT count(*) FROM (SELECT 1 FROM ledger LIMIT 1000)";
constexpr milliseconds kLookEvery{5};

// Looks until the time has come, and says whether it was let.
Result<bool> look_until(Connection& connection, Clock::time_point end) {
  do {
    const auto rows = connection.integer(kLook);
    if (!rows && rows.error().code == ErrorCode::kSnapshotExpired) return false;
    if (!rows) return std::unexpected(rows.error());
    std::this_thread::sleep_for(kLookEvery);
  } while (Clock::now() < end);
  return true;
}

void hold_read(store::Engine& engine, Counts& counts, milliseconds duration) {
  std::optional<Counted> waiting(std::in_place, counts.waiting);
  const auto done = engine.read([&](Connection& connection) -> Result<bool> {
    auto snapshot = Snapshot::begin(connection);
    if (!snapshot) return std::unexpected(snapshot.error());
    waiting.reset();
    const Counted open(counts.open);
    return look_until(connection, Clock::now() + duration);
  });
  if (!done && done.error().code == ErrorCode::kSnapshotExpired) {
    counts.refused += 1;
  } else if (must(done, "a read")) {
    counts.reads += 1;
  } else {
    counts.early += 1;
  }
}

void hold_foreign_read(bench::Database& database, Counts& counts, milliseconds duration) {
  database.execute("BEGIN");
  (void)bench::integer_of(database, kLook);
  {
    const Counted open(counts.open);
    std::this_thread::sleep_for(duration);
  }
  database.execute("COMMIT");
  counts.reads += 1;
}

}  // namespace

void hold_reads(const std::string& path, const std::string& counters_path, const HeldReads& what) {
  const Counters counters(counters_path);
  std::unique_ptr<store::Engine> engine;
  if (!what.is_foreign) engine = must(store::Engine::open(path, {}), "opening the store to read");
  std::atomic<bool> is_over = false;
  const std::jthread listener([&] {
    while (!next_command(milliseconds(100)).is_over) {
    }
    is_over = true;
  });
  tell({{"reading", true}});
  const auto read_for_ever = [&](std::uint32_t thread) {
    std::optional<bench::Database> database;
    if (what.is_foreign) database.emplace(path);
    std::mt19937_64 random(what.seed * 1'000 + thread);
    while (!is_over) {
      std::this_thread::sleep_for(milliseconds(random() % (what.rest_ms + 1)));
      if (database) {
        hold_foreign_read(*database, counters.counts(), milliseconds(what.read_ms));
      } else {
        hold_read(*engine, counters.counts(), milliseconds(what.read_ms));
      }
    }
  };
  run_threads(what.threads, read_for_ever);
}

void hold_one_read(const std::string& path) {
  const auto engine = must(store::Engine::open(path, {}), "opening the store to read");
  tell({{"open", true}});
  Command command;
  while (command.text.empty() && !command.is_over) command = next_command(milliseconds(100));
  if (command.is_over) return;
  const auto held = engine->read([&](Connection& connection) -> Result<bool> {
    auto snapshot = Snapshot::begin(connection);
    if (!snapshot) return std::unexpected(snapshot.error());
    if (const auto rows = connection.integer(kLook); !rows) return std::unexpected(rows.error());
    tell({{"reading", true}});
    return look_until(connection, Clock::time_point::max());
  });
  (void)must(held, "the one read");
}

}  // namespace penny::figures
