#include "bench/watch_latency.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

#include <fmt/core.h>
#include <penny/penny.hpp>

#include "bench/worker.hpp"

namespace penny::bench {
namespace {

constexpr std::uint32_t kWatchedUser = 1;
constexpr std::chrono::milliseconds kWatchPatience{100};
constexpr std::uint64_t kLateNs = 10'000'000'000;  // a change that is not seen by then never comes
constexpr double kNsPerMs = 1e6;

WatchRun run_watch_once(Runner& runner, const WatchMode& mode, std::uint64_t seed) {
  const std::string path = runner.fresh_store(Contender::kPenny);
  SharedMemory memory;
  SharedPage& page = memory.page();
  page.orders[0] = {.role = Role::kWatch};
  for (std::uint32_t process = 0; process < mode.processes; ++process) {
    page.orders[1 + process] = {.role = Role::kWrite,
                                .threads = mode.threads,
                                .first_writer = process * mode.threads,
                                .seed = seed,
                                .is_first_writer_watched = process == 0,
                                .pause_us = mode.pause_us};
  }
  for (Order& order : page.orders) set_path(order, path);
  const std::uint32_t writers = mode.processes * mode.threads;
  const Quiet quiet = runner.run_workers(memory, 1 + mode.processes, 1 + writers);
  runner.account_for(path, Contender::kPenny, Task::kTurns, page, fmt::format("watch, {}", mode.name));

  Histogram lags;
  for (std::uint64_t rev = 1; rev <= page.watch.last_rev; ++rev) {
    const std::uint64_t acknowledged = page.watch.acknowledged_ns[rev];
    const std::uint64_t held = page.watch.held_ns[rev];
    if (acknowledged == 0) continue;
    if (held == 0) {
      runner.add_problem(fmt::format("watch, {}: the change with rev {} never came", mode.name, rev));
      continue;
    }
    // The watcher may hold a change before its writer's thread runs again.
    lags.record(held > acknowledged ? held - acknowledged : 0);
  }
  std::uint64_t written = 0;
  for (const WriterRecord& writer : page.writers) written += writer.stored_in_window;
  return {.quiet = quiet,
          .changes = lags.count(),
          .p50_ms = lags.percentile_ns(0.5) / kNsPerMs,
          .p99_ms = lags.percentile_ns(0.99) / kNsPerMs,
          .worst_ms = static_cast<double>(lags.worst_ns()) / kNsPerMs,
          .writes_per_second = static_cast<double>(written) / runner.options().seconds};
}

}  // namespace

void watch_user(SharedPage& page, const Order& order) {
  const auto store = Store::open(order.path.data());
  if (!store) throw std::runtime_error("opening the store to watch: " + store.error().message);
  const auto latest = store->last_turns(user_name(kWatchedUser), 1);
  if (!latest) throw std::runtime_error("last_turns: " + latest.error().message);
  auto watch = store->watch(user_name(kWatchedUser), latest->rev);
  if (!watch) throw std::runtime_error("watch: " + watch.error().message);

  wait_for_window(page);
  WatchRecord& record = page.watch;
  std::uint64_t held_rev = latest->rev;
  const std::uint64_t give_up_ns = page.end_ns + kLateNs;
  while (record.last_rev == 0 || held_rev < record.last_rev) {
    const auto change = watch->next(kWatchPatience);
    const std::uint64_t now = now_ns();
    if (!change) throw std::runtime_error("watching: " + change.error().message);
    if (now > give_up_ns) return;  // the driver finds what is missing
    if (!*change) continue;
    held_rev = (*change)->rev;
    record.held_ns.at(held_rev).store(now);
  }
}

void write_watched_user(SharedPage& page, const Order& order, Writer& writer, Writes& writes, WriterRecord& record) {
  const std::uint64_t end_ns = page.end_ns;
  std::uint64_t last_rev = 0;
  while (now_ns() < end_ns) {
    const Written written = write_and_record(writer, writes.next_of(kWatchedUser), end_ns, record);
    if (written.acknowledgement.answer == Answer::kStored) {
      last_rev = written.acknowledgement.rev;
      page.watch.acknowledged_ns.at(last_rev).store(written.at_ns);
    }
    if (order.pause_us > 0) std::this_thread::sleep_for(std::chrono::microseconds(order.pause_us));
  }
  page.watch.last_rev = last_rev;
}

WatchRun run_watch(Runner& runner, const WatchMode& mode, std::uint32_t round) {
  std::uint64_t seed = std::uint64_t{round} * 1'000'000;
  return runner.least_disturbed([&] { return run_watch_once(runner, mode, seed += 1000); });
}

}  // namespace penny::bench
