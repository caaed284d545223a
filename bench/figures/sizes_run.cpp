// Stores of a size: reading, opening, copying, verifying, and the memory of a process that has one open.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "bench/figures/child.hpp"
#include "bench/figures/figures.hpp"
#include "bench/figures/fill.hpp"
#include "bench/figures/interrupt.hpp"
#include "bench/figures/must.hpp"
#include "bench/figures/progress.hpp"
#include "bench/figures/writers.hpp"
#include "bench/statistics.hpp"

namespace penny::figures {
namespace {

using std::chrono::seconds;

constexpr std::uint32_t kWriters = 8;
constexpr double kPerSecond = 100;
constexpr seconds kWithoutBackup{10};
constexpr seconds kOneWithin{60};
constexpr seconds kReadsWithin{1'800};
constexpr seconds kWholeStoreWithin{3'600};
// Beyond it, "cold" is not what was measured.
constexpr double kLeftInCacheMax = 0.05;

struct Sized {
  std::uint64_t bytes = 0;  // of the database file
  Filled filled;
  Waits turns_warm;
  Waits turns_cold;
  Waits context_warm;
  Waits context_cold;
  double left_in_cache = 0;
  Waits opens;
  Waits first_reads;
  boost::json::object memory;
  boost::json::object backup;
  double verify_seconds = 0;
  Writers::Phase without_backup;
  Writers::Phase with_backup;
};

void measure_reads(const std::string& path, const SizesOptions& options, Sized& sized) {
  Child child(
      {"read", path, std::to_string(options.users), std::to_string(options.reads), std::to_string(options.cold_reads)});
  const auto reads = child.answer(kReadsWithin);
  child.finish(kOneWithin);
  sized.turns_warm = waits_from(reads.at("turns_warm"));
  sized.turns_cold = waits_from(reads.at("turns_cold"));
  sized.context_warm = waits_from(reads.at("context_warm"));
  sized.context_cold = waits_from(reads.at("context_cold"));
  sized.left_in_cache = reads.at("left_in_cache").to_number<double>();
}

void measure_opens(const std::string& path, const SizesOptions& options, Sized& sized) {
  bench::Histogram opens;
  bench::Histogram first_reads;
  for (std::uint32_t time = 0; time < options.opens; ++time) {
    Child child({"open", path, "read"});
    const auto taken = child.answer(kOneWithin);
    child.finish(kOneWithin);
    constexpr double kNsPerMs = 1e6;
    opens.record(static_cast<std::uint64_t>(taken.at("open_ms").to_number<double>() * kNsPerMs));
    first_reads.record(static_cast<std::uint64_t>(taken.at("read_ms").to_number<double>() * kNsPerMs));
  }
  sized.opens = waits_of(opens);
  sized.first_reads = waits_of(first_reads);
}

void measure_backup(const std::string& path, const WorkFolder& folder, Sized& sized) {
  const std::string to = (folder.fresh("backup") / kStoreName).string();
  Store store = must(Store::open(path), "opening the store");
  Writers writers(store, {.threads = kWriters, .per_second = kPerSecond, .seed = 5});
  pause(kWithoutBackup);
  Child child({"backup", path, to});
  writers.begin_phase(1);
  sized.backup = child.answer(kWholeStoreWithin);
  writers.stop();
  child.finish(kOneWithin);
  folder.remove("backup");
  sized.without_backup = writers.phase(0);
  sized.with_backup = writers.phase(1);
}

Sized measure_size(std::uint64_t bytes, const SizesOptions& options, const WorkFolder& folder, Section& section) {
  constexpr std::uint64_t kSpare = 200'000'000;
  folder.expect_space(2 * bytes + kSpare);
  const std::string path = (folder.fresh("sizes") / kStoreName).string();
  Sized sized;
  say("sizes: filling a store of {} MB", megabytes(static_cast<double>(bytes)));
  {
    Store store = must(Store::open(path), "opening the store");
    sized.filled = fill(store, path, {.bytes = bytes, .users = options.users});
  }
  sized.bytes = size_of(path);
  sync_file(path);
  say("sizes: {} turns in {:.0f} s; reading", sized.filled.turns, sized.filled.seconds);
  measure_reads(path, options, sized);
  if (sized.left_in_cache > kLeftInCacheMax) {
    section.problems.push_back(fmt::format(
        "{:.0f} % of the file stayed in the kernel's cache: the cold reads are not cold", 100 * sized.left_in_cache));
  }
  say("sizes: opening");
  measure_opens(path, options, sized);
  {
    Child child({"memory", path, std::to_string(options.users)});
    sized.memory = child.answer(kOneWithin);
    child.finish(kOneWithin);
  }
  say("sizes: backing up");
  measure_backup(path, folder, sized);
  say("sizes: verifying");
  Child child({"verify", path});
  const auto verified = child.answer(kWholeStoreWithin);
  child.finish(kOneWithin);
  sized.verify_seconds = verified.at("seconds").to_number<double>();
  const std::string problem(verified.at("problem").as_string());
  if (!problem.empty()) section.problems.push_back(problem);
  folder.remove("sizes");
  return sized;
}

std::string name_of(const Sized& sized) { return megabytes(static_cast<double>(sized.bytes)) + " MB"; }

double kb(const boost::json::object& memory, const char* name) { return memory.at(name).to_number<double>(); }

bench::Table reading_table(const std::vector<Sized>& all) {
  bench::Table table{.title = "Reading, one after the other",
                     .header = {"store", "read", "cache", "p50 us", "p99 us", "worst us"},
                     .rows = {}};
  for (const Sized& sized : all) {
    const auto add = [&](const char* read, const char* cache, const Waits& waits) {
      table.rows.push_back(row({name_of(sized), read, cache}, cells_us_of(waits)));
    };
    add("last 10 turns", "warm", sized.turns_warm);
    add("last 10 turns", "cold", sized.turns_cold);
    add("prompt context", "warm", sized.context_warm);
    add("prompt context", "cold", sized.context_cold);
  }
  return table;
}

bench::Table opening_table(const std::vector<Sized>& all) {
  bench::Table table{
      .title = "Opening, in a fresh process",
      .header = {"store", "opened", "p50 ms", "p99 ms", "worst ms", "first read p50 ms", "first read p99 ms"},
      .rows = {}};
  for (const Sized& sized : all) {
    table.rows.push_back(
        row(row({name_of(sized), fmt::format("{} times", sized.opens.count)}, cells_of(sized.opens)),
            {bench::format_number(sized.first_reads.p50_ms), bench::format_number(sized.first_reads.p99_ms)}));
  }
  return table;
}

bench::Table whole_table(const std::vector<Sized>& all) {
  bench::Table table{
      .title = "The whole store",
      .header = {"store", "turns", "written in s", "copying MB/s", "copying s", "verifying the copy s", "verify s"},
      .rows = {}};
  for (const Sized& sized : all) {
    const double copying = kb(sized.backup, "copying_ms") / 1e3;
    const double verifying = kb(sized.backup, "verifying_ms") / 1e3;
    table.rows.push_back({name_of(sized), bench::format_number(static_cast<double>(sized.filled.turns)),
                          bench::format_number(sized.filled.seconds),
                          megabytes(kb(sized.backup, "bytes") / std::max(copying, 1e-3)), bench::format_number(copying),
                          bench::format_number(verifying), bench::format_number(sized.verify_seconds)});
  }
  return table;
}

bench::Table waiting_table(const std::vector<Sized>& all) {
  bench::Table table{
      .title = fmt::format("The wait of {} writers, {} turns a second each, beside a backup", kWriters, kPerSecond),
      .header = {"store", "backup", "p50 ms", "p99 ms", "worst ms"},
      .rows = {}};
  for (const Sized& sized : all) {
    table.rows.push_back(row({name_of(sized), "no"}, cells_of(sized.without_backup.waits)));
    table.rows.push_back(row({name_of(sized), "yes"}, cells_of(sized.with_backup.waits)));
  }
  return table;
}

bench::Table memory_table(const std::vector<Sized>& all) {
  bench::Table table{.title = "Memory of a process, MB resident",
                     .header = {"store", "before", "opened", "after 1,000 reads and writes", "most"},
                     .rows = {}};
  for (const Sized& sized : all) {
    std::vector<std::string> cells{name_of(sized)};
    for (const char* name : {"before_kb", "opened_kb", "used_kb", "most_kb"})
      cells.push_back(megabytes(kb(sized.memory, name) * 1024));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

boost::json::object json_of(const Sized& sized) {
  return {{"bytes", sized.bytes},
          {"turns", sized.filled.turns},
          {"written_seconds", sized.filled.seconds},
          {"turns_warm", json_of(sized.turns_warm)},
          {"turns_cold", json_of(sized.turns_cold)},
          {"context_warm", json_of(sized.context_warm)},
          {"context_cold", json_of(sized.context_cold)},
          {"left_in_cache", sized.left_in_cache},
          {"opens", json_of(sized.opens)},
          {"first_reads", json_of(sized.first_reads)},
          {"memory", sized.memory},
          {"backup", sized.backup},
          {"waits_without_backup", json_of(sized.without_backup.waits)},
          {"waits_with_backup", json_of(sized.with_backup.waits)},
          {"verify_seconds", sized.verify_seconds}};
}

}  // namespace

Section measure_sizes(const SizesOptions& options, const WorkFolder& folder) {
  Section section{.name = "sizes"};
  std::vector<Sized> all;
  boost::json::array json;
  for (const std::uint64_t bytes : options.bytes) {
    all.push_back(measure_size(bytes, options, folder, section));
    json.push_back(json_of(all.back()));
  }
  section.notes.push_back(fmt::format(
      "{} users, turns of 80 and 200 bytes and metadata of 45. Cold: before each read the kernel forgot the file; the "
      "connection's own cache of 4 MB stays.",
      options.users));
  section.tables = {reading_table(all), opening_table(all), whole_table(all), waiting_table(all), memory_table(all)};
  section.json = {{"stores", std::move(json)}};
  return section;
}

}  // namespace penny::figures
