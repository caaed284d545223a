#include "bench/reads.hpp"

#include <random>
#include <stdexcept>

#include <fmt/core.h>
#include <penny/penny.hpp>

#include "bench/worker.hpp"

namespace penny::bench {
namespace {

constexpr std::size_t kTurnsOfARead = 10;
constexpr double kNsPerUs = 1e3;

ReadRun run_reads_once(Runner& runner, const ReadMode& mode, std::uint64_t seed) {
  const std::string path = runner.fresh_store(Contender::kPenny);
  SharedMemory memory;
  SharedPage& page = memory.page();
  page.orders[0] = {.role = Role::kRead, .seed = seed};
  page.orders[1] = {.role = Role::kWrite, .threads = mode.writer_threads, .seed = seed};
  for (Order& order : page.orders) set_path(order, path);
  const bool has_writers = mode.writer_threads > 0;
  const Quiet quiet = runner.run_workers(memory, has_writers ? 2 : 1, 1 + mode.writer_threads);
  runner.account_for(path, Contender::kPenny, Task::kTurns, page, fmt::format("reads, {}", mode.name));

  std::uint64_t written = 0;
  for (const WriterRecord& writer : page.writers) written += writer.stored_in_window;
  const double seconds = runner.options().seconds;
  return {.quiet = quiet,
          .p50_us = page.reads.percentile_ns(0.5) / kNsPerUs,
          .p99_us = page.reads.percentile_ns(0.99) / kNsPerUs,
          .worst_us = static_cast<double>(page.reads.worst_ns()) / kNsPerUs,
          .reads_per_second = static_cast<double>(page.reads.count()) / seconds,
          .writes_per_second = static_cast<double>(written) / seconds};
}

}  // namespace

// One thread that reads without a pause.
void read_last_turns(SharedPage& page, const Order& order) {
  const auto store = Store::open(order.path.data());
  if (!store) throw std::runtime_error("opening the store to read: " + store.error().message);
  std::mt19937_64 random(order.seed);
  const auto read = [&] {
    const auto turns = store->last_turns(user_name(static_cast<std::uint32_t>(random() % kUsers)), kTurnsOfARead);
    if (!turns) throw std::runtime_error("last_turns: " + turns.error().message);
    if (turns->items.size() != kTurnsOfARead) {
      throw std::runtime_error(fmt::format("last_turns gave {} turns of a user who has more", turns->items.size()));
    }
  };
  read();  // what the first read prepares
  wait_for_window(page);
  const std::uint64_t end_ns = page.end_ns;
  for (std::uint64_t begin = now_ns(); begin < end_ns;) {
    read();
    const std::uint64_t end = now_ns();
    page.reads.record(end - begin);
    begin = end;
  }
}

ReadRun run_reads(Runner& runner, const ReadMode& mode, std::uint32_t round) {
  std::uint64_t seed = std::uint64_t{round} * 1'000'000;
  return runner.least_disturbed([&] { return run_reads_once(runner, mode, seed += 1000); });
}

}  // namespace penny::bench
