#include "bench/runner.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <fmt/core.h>

#include "bench/load_meter.hpp"
#include "bench/processes.hpp"
#include "bench/statistics.hpp"

namespace penny::bench {
namespace {

constexpr std::string_view kStoreName = "store.db";
constexpr std::uint64_t kSecondNs = 1'000'000'000;
constexpr std::uint64_t kTimeoutNs = 180 * kSecondNs;  // for opening, closing, filling and checking
constexpr std::uint64_t kLeadNs = kSecondNs / 50;      // from "all are ready" to the begin of the window
constexpr double kNsPerMs = 1e6;

void sleep_a_little() { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }

void sync_to_disk(const std::filesystem::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 || fsync(file) != 0) throw std::system_error(errno, std::generic_category(), path.string());
  close(file);
}

void run_alone(SharedMemory& memory) {
  Workers workers;
  workers.start(memory, 0);
  const std::uint64_t deadline_ns = now_ns() + kTimeoutNs;
  while (workers.are_running(deadline_ns)) sleep_a_little();
}

WriteRun measured(const SharedPage& page, std::uint32_t writers, double seconds) {
  WriteRun run;
  Histogram waits;
  std::vector<double> worst_waits_ms;
  std::uint64_t stored_in_window = 0;
  run.fewest = page.writers[0].stored_in_window;
  for (std::uint32_t index = 0; index < writers; ++index) {
    const WriterRecord& writer = page.writers[index];
    stored_in_window += writer.stored_in_window;
    run.stored += writer.stored;
    run.refused += writer.refused;
    run.unknown += writer.unknown;
    run.fewest = std::min(run.fewest, writer.stored_in_window);
    run.most = std::max(run.most, writer.stored_in_window);
    waits.merge(writer.waits);
    worst_waits_ms.push_back(static_cast<double>(writer.waits.worst_ns()) / kNsPerMs);
  }
  const std::uint64_t end_ns = page.end_ns;
  const std::uint64_t searchable_ns = std::max<std::uint64_t>(page.searchable_ns, end_ns);
  run.behind_ms = static_cast<double>(searchable_ns - end_ns) / kNsPerMs;
  run.rate = static_cast<double>(stored_in_window) / (seconds + run.behind_ms / 1000);
  run.p50_ms = waits.percentile_ns(0.5) / kNsPerMs;
  run.p99_ms = waits.percentile_ns(0.99) / kNsPerMs;
  run.median_worst_wait_ms = median(worst_waits_ms);
  run.worst_wait_ms = static_cast<double>(waits.worst_ns()) / kNsPerMs;
  return run;
}

}  // namespace

void set_path(Order& order, const std::string& path) {
  if (path.size() >= order.path.size()) throw std::runtime_error(fmt::format("the path {} is too long", path));
  std::ranges::copy(path, order.path.begin());
}

Runner::Runner(const Options& options) : options_(options) {
  std::filesystem::create_directories(options_.store_dir);
  std::string name = (std::filesystem::absolute(options_.store_dir) / "run-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), name);
  folder_ = name;
}

Runner::~Runner() {
  std::error_code ignored;  // at worst a folder is left that its name explains
  std::filesystem::remove_all(folder_, ignored);
  std::filesystem::remove(options_.store_dir, ignored);
}

void Runner::make_template(Contender contender, const std::filesystem::path& folder, bool has_search) {
  fmt::print(stderr, "{}: writing {} turns\n", name_of(contender), kPrefilledTurns);
  std::filesystem::create_directory(folder);
  SharedMemory memory;
  memory.page().orders[0] = {.role = Role::kPrefill, .contender = contender, .has_search = has_search};
  set_path(memory.page().orders[0], (folder / kStoreName).string());
  run_alone(memory);
}

std::string Runner::fresh_store(Contender contender, bool has_search) {
  const auto source = folder_ / fmt::format("template-{}{}", name_of(contender), has_search ? "-search" : "");
  if (!std::filesystem::exists(source)) make_template(contender, source, has_search);
  const auto copy = folder_ / "store";
  std::filesystem::remove_all(copy);
  std::filesystem::create_directory(copy);
  std::filesystem::permissions(copy, std::filesystem::perms::owner_all);
  // SQLite's index of the log is rebuilt from the log, and a bell that nobody hears is made anew.
  for (const std::string_view suffix : {"", "-wal", "-gate"}) {
    const std::string name = fmt::format("{}{}", kStoreName, suffix);
    if (!std::filesystem::exists(source / name)) continue;
    std::filesystem::copy_file(source / name, copy / name);
    sync_to_disk(copy / name);
  }
  sync_to_disk(copy);
  return (copy / kStoreName).string();
}

Quiet Runner::run_workers(SharedMemory& memory, std::uint32_t orders, std::uint32_t threads) {
  SharedPage& page = memory.page();
  const CpuReading before = read_cpu();
  {
    Workers workers;
    for (std::uint32_t order = 0; order < orders; ++order) workers.start(memory, order);
    const std::uint64_t ready_deadline_ns = now_ns() + kTimeoutNs;
    while (page.ready < threads) {
      if (!workers.are_running(ready_deadline_ns)) throw std::runtime_error("a worker ended before it was ready");
      sleep_a_little();
    }
    const std::uint64_t begin_ns = now_ns() + kLeadNs;
    const std::uint64_t end_ns =
        begin_ns + static_cast<std::uint64_t>(options_.seconds * static_cast<double>(kSecondNs));
    page.end_ns = end_ns;
    page.begin_ns = begin_ns;
    while (workers.are_running(end_ns + kTimeoutNs)) sleep_a_little();
  }
  return {.others_cores = cores_of_others(before, read_cpu())};
}

void Runner::account_for(const std::string& path, Contender contender, Task task, const SharedPage& run,
                         std::string_view what) {
  SharedMemory memory;
  memory.page().orders[0] = {.role = Role::kAccount, .contender = contender};
  set_path(memory.page().orders[0], path);
  run_alone(memory);

  std::uint64_t stored = 0;
  std::uint64_t unknown = 0;
  for (const WriterRecord& writer : run.writers) {
    stored += writer.stored;
    unknown += writer.unknown;
  }
  const Account& account = memory.page().account;
  const auto complain = [&](std::string_view problem) {
    add_problem(fmt::format("{}, {}: {}", what, name_of(contender), problem));
    fmt::print(stderr, "{}\n", problems_.back());
  };
  const auto expect = [&](std::string_view kind, std::uint64_t found, std::uint64_t at_least, std::uint64_t at_most) {
    if (found >= at_least && found <= at_most) return;
    complain(fmt::format("{} {} found, {} acknowledged and {} in doubt", found, kind, at_least, at_most - at_least));
  };
  const std::uint64_t turns = task == Task::kTurns ? stored : 0;
  const std::uint64_t raises = task == Task::kRaise ? stored : 0;
  expect("turns", account.turns, kPrefilledTurns + turns,
         kPrefilledTurns + turns + (task == Task::kTurns ? unknown : 0));
  expect("raises", account.raises, raises, raises + (task == Task::kRaise ? unknown : 0));
  if (account.problem[0] != 0) complain(account.problem.data());
}

WriteRun Runner::run_writes(const WriteWorkload& workload, Contender contender, std::uint32_t round) {
  std::uint64_t seed = std::uint64_t{round} * 1'000'000;
  return least_disturbed([&] { return run_writes_once(workload, contender, seed += 1000); });
}

WriteRun Runner::run_writes_once(const WriteWorkload& workload, Contender contender, std::uint64_t seed) {
  const std::string path = fresh_store(contender, workload.has_search);
  SharedMemory memory;
  for (std::uint32_t process = 0; process < workload.processes; ++process) {
    Order& order = memory.page().orders[process];
    order = {.role = Role::kWrite,
             .contender = contender,
             .task = workload.task,
             .has_search = workload.has_search,
             .threads = workload.threads,
             .first_writer = process * workload.threads,
             .seed = seed};
    set_path(order, path);
  }
  const Quiet quiet = run_workers(memory, workload.processes, workload.writers());
  WriteRun run = measured(memory.page(), workload.writers(), options_.seconds);
  run.quiet = quiet;
  account_for(path, contender, workload.task, memory.page(), workload.name);
  return run;
}

}  // namespace penny::bench
