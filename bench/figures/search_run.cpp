// Search: how far the index is behind while turns are written as fast as it goes, what its making costs the writers, how long a
// search takes, and how long the index takes to be made anew.

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "bench/figures/child.hpp"
#include "bench/figures/figures.hpp"
#include "bench/figures/interrupt.hpp"
#include "bench/figures/must.hpp"
#include "bench/figures/progress.hpp"
#include "bench/figures/questions.hpp"
#include "bench/figures/spoken.hpp"
#include "bench/figures/writers.hpp"
#include "bench/shared_page.hpp"
#include "bench/statistics.hpp"

namespace penny::figures {
namespace {

using std::chrono::seconds;

constexpr seconds kAnswerWithin{60};
constexpr seconds kIndexedWithin{1'900};
// Of ten tenths: three pairs, each without and with an index being made, then four with one in one go.
constexpr std::uint64_t kTenths = 10;
constexpr std::uint64_t kPairs = 3;
constexpr std::size_t kSampled = 100;  // questions whose finds are counted
constexpr std::uint32_t kPacedThreads = 8;
constexpr double kPacedPerSecond = 100;
constexpr seconds kPacedAlone{5};

struct Slice {
  bool is_indexed = false;
  std::uint64_t turns = 0;
  double seconds = 0;
  Waits waits;
  double lag_ms = 0;       // from the last commit until all is in the index
  double behind_mean = 0;  // operations, while writing
  double behind_most = 0;
};

struct Asked {
  QuestionKind kind = QuestionKind::kRare;
  Waits waits{};
  double found = 0;  // in the mean, at most 100
};

struct Rebuilt {
  double alone_seconds = 0;
  double beside_seconds = 0;
  Writers::Phase before;
  Writers::Phase meanwhile;
};

std::string path_of(const WorkFolder& folder) { return (folder.path() / "search" / kStoreName).string(); }

double seconds_since(std::uint64_t begin_ns) { return static_cast<double>(bench::now_ns() - begin_ns) / 1e9; }

Slice write_slice(Store& store, const std::string& path, const Speech& speech, const SearchOptions& options,
                  Stretch stretch, bool is_indexed) {
  std::optional<Child> indexer;
  if (is_indexed) {
    indexer.emplace(std::vector<std::string>{"index", path});
    (void)indexer->answer(kAnswerWithin);
    (void)indexer->ask("catch-up", kIndexedWithin);
    (void)indexer->ask("mark", kAnswerWithin);
  }
  const Written written = write_turns(store, speech, options.users, stretch, options.threads);
  Slice slice{
      .is_indexed = is_indexed, .turns = stretch.turns, .seconds = written.seconds, .waits = waits_of(written.waits)};
  if (indexer) {
    const auto caught_up = indexer->ask("catch-up", kIndexedWithin);
    const auto at_ns = caught_up.at("at_ns").to_number<std::uint64_t>();
    slice.lag_ms = at_ns > written.last_commit_ns ? ms_of(at_ns - written.last_commit_ns) : 0;
    slice.behind_mean = caught_up.at("behind_mean").to_number<double>();
    slice.behind_most = caught_up.at("behind_most").to_number<double>();
    indexer->finish(kAnswerWithin);
  }
  say("search: {} turns in {:.1f} s{}, p99 {:.1f} ms, worst {:.1f} ms{}", slice.turns, slice.seconds,
      is_indexed ? " with the index kept" : "", slice.waits.p99_ms, slice.waits.worst_ms,
      is_indexed ? fmt::format(", all found {:.0f} ms later", slice.lag_ms) : "");
  return slice;
}

std::vector<Slice> write_all(Store& store, const std::string& path, const Speech& speech,
                             const SearchOptions& options) {
  std::vector<Slice> slices;
  std::uint64_t first = 0;
  for (std::uint64_t slice = 0; slice <= 2 * kPairs; ++slice) {
    const bool is_last = slice == 2 * kPairs;
    const std::uint64_t turns = is_last ? options.turns - first : options.turns / kTenths;
    slices.push_back(
        write_slice(store, path, speech, options, {.first = first, .turns = turns}, is_last || slice % 2 == 1));
    first += turns;
  }
  return slices;
}

Asked ask(const Store& store, const Speech& speech, QuestionKind kind, const SearchOptions& options,
          std::vector<std::string>& problems) {
  // Turn numbers that are spread over all, and are other ones for each kind.
  const auto question = [&](std::uint64_t number) {
    const std::uint64_t turn = (number * 7'919 + 104'729 * (1 + static_cast<std::uint64_t>(kind))) % options.turns;
    return question_of(speech, kind, turn, options.turns, options.users);
  };
  Asked asked{.kind = kind};
  std::uint64_t unfound = 0;
  const std::size_t sampled = std::min<std::size_t>(kSampled, options.questions);
  for (std::size_t number = 0; number < sampled; ++number) {
    Question one = question(options.questions + number);
    one.query.limit = limits::kSearchItemsMax;
    const auto page = must(store.search(bench::user_name(one.user), one.query), "searching");
    asked.found += static_cast<double>(page.items.size()) / static_cast<double>(sampled);
  }
  bench::Histogram waits;
  for (std::uint64_t number = 0; number < options.questions; ++number) {
    throw_if_interrupted();
    const Question one = question(number);
    const std::string user = bench::user_name(one.user);
    const std::uint64_t begin_ns = bench::now_ns();
    const auto page = store.search(user, one.query);
    waits.record(bench::now_ns() - begin_ns);
    // Each is made of words of a turn, but for the most common ones; and a begin may reach into an English ending, which the index
    // does not have.
    const bool is_certain = kind != QuestionKind::kCommon && kind != QuestionKind::kPrefix;
    if (must(page, "searching").items.empty() && is_certain) unfound += 1;
  }
  asked.waits = waits_of(waits);
  if (unfound > 0)
    problems.push_back(fmt::format("{}: {} searches did not find what is there", name_of(kind), unfound));
  say("search: {}: p50 {:.2f} ms, p99 {:.2f} ms", name_of(kind), asked.waits.p50_ms, asked.waits.p99_ms);
  return asked;
}

void remove_index(const std::string& path) {
  for (const char* suffix : {"-search", "-search-wal", "-search-shm"}) std::filesystem::remove(path + suffix);
}

double index_anew(const std::string& path) {
  const std::uint64_t begin_ns = bench::now_ns();
  Child indexer({"index", path});
  (void)indexer.answer(kAnswerWithin);
  (void)indexer.ask("catch-up", kIndexedWithin);
  const double taken = seconds_since(begin_ns);
  indexer.finish(kAnswerWithin);
  return taken;
}

// Nobody has the store open.
Rebuilt rebuild(const std::string& path) {
  Rebuilt rebuilt;
  remove_index(path);
  rebuilt.alone_seconds = index_anew(path);
  say("search: index made anew in {:.1f} s", rebuilt.alone_seconds);
  remove_index(path);
  Store store = must(Store::open(path), "opening the store");
  Writers writers(store, {.threads = kPacedThreads, .per_second = kPacedPerSecond, .seed = 7});
  pause(kPacedAlone);
  writers.begin_phase(1);
  rebuilt.beside_seconds = index_anew(path);
  writers.stop();
  rebuilt.before = writers.phase(0);
  rebuilt.meanwhile = writers.phase(1);
  say("search: and beside writers in {:.1f} s", rebuilt.beside_seconds);
  return rebuilt;
}

bench::Table writing_table(const std::vector<Slice>& slices) {
  bench::Table table{.title = "Turns written as fast as it goes",
                     .header = {"turns", "index kept", "seconds", "per second", "p50 ms", "p99 ms", "worst ms",
                                "all found after s", "behind, mean", "behind, most"},
                     .rows = {}};
  for (const Slice& slice : slices) {
    auto cells = row(
        {bench::format_number(static_cast<double>(slice.turns)), yes_or_no(slice.is_indexed),
         bench::format_number(slice.seconds), bench::format_number(static_cast<double>(slice.turns) / slice.seconds)},
        cells_of(slice.waits));
    const auto if_indexed = [&](double value) {
      return slice.is_indexed ? bench::format_number(value) : std::string();
    };
    table.rows.push_back(
        row(cells, {if_indexed(slice.lag_ms / 1e3), if_indexed(slice.behind_mean), if_indexed(slice.behind_most)}));
  }
  return table;
}

bench::Table ratio_table(const std::vector<Slice>& slices, boost::json::object& json) {
  bench::Table table{.title = "The writers' wait with the index kept, as many times that without (round by round)",
                     .header = {"p50", "p99", "worst", "turns per second"},
                     .rows = {}};
  std::vector<std::string> cells;
  const auto add = [&](const char* name, auto value_of) {
    std::vector<double> without;
    std::vector<double> with;
    for (std::size_t slice = 0; slice < 2 * kPairs; ++slice)
      (slices[slice].is_indexed ? with : without).push_back(value_of(slices[slice]));
    const bench::Summary ratio = bench::summarize_ratios(with, without);
    cells.push_back(bench::format_ratio(ratio));
    json[name] = ratio.median;
  };
  add("p50", [](const Slice& slice) { return slice.waits.p50_ms; });
  add("p99", [](const Slice& slice) { return slice.waits.p99_ms; });
  add("worst", [](const Slice& slice) { return slice.waits.worst_ms; });
  add("rate", [](const Slice& slice) { return static_cast<double>(slice.turns) / slice.seconds; });
  table.rows.push_back(std::move(cells));
  return table;
}

bench::Table asking_table(const std::vector<Asked>& asked) {
  bench::Table table{.title = "A search of a user's turns, 10 results, one after the other",
                     .header = {"for", "p50 ms", "p99 ms", "worst ms", "finds, mean (100 at most)"},
                     .rows = {}};
  for (const Asked& one : asked)
    table.rows.push_back(
        row(row({std::string(name_of(one.kind))}, cells_of(one.waits)), {bench::format_number(one.found)}));
  return table;
}

bench::Table size_table(double database, double index, double turns) {
  return {.title = "Size of the files",
          .header = {"file", "MB", "bytes per turn"},
          .rows = {{"memory.db", megabytes(database), bench::format_number(database / turns)},
                   {"memory.db-search", megabytes(index), bench::format_number(index / turns)}}};
}

bench::Table rebuilding_table(const Rebuilt& rebuilt) {
  return {
      .title = fmt::format("The index made anew; {} writers, {} turns a second each", kPacedThreads, kPacedPerSecond),
      .header = {"", "seconds", "p50 ms", "p99 ms", "worst ms"},
      .rows = {
          row({"nobody writes", bench::format_number(rebuilt.alone_seconds)}, {"", "", ""}),
          row({"writers before", ""}, cells_of(rebuilt.before.waits)),
          row({"writers meanwhile", bench::format_number(rebuilt.beside_seconds)}, cells_of(rebuilt.meanwhile.waits))}};
}

boost::json::array json_of(const std::vector<Slice>& slices) {
  boost::json::array array;
  for (const Slice& slice : slices) {
    array.push_back({{"turns", slice.turns},
                     {"index_kept", slice.is_indexed},
                     {"seconds", slice.seconds},
                     {"waits", json_of(slice.waits)},
                     {"lag_ms", slice.lag_ms},
                     {"behind_mean", slice.behind_mean},
                     {"behind_most", slice.behind_most}});
  }
  return array;
}

}  // namespace

Section measure_search(const SearchOptions& options, const WorkFolder& folder) {
  constexpr std::uint64_t kBytesOfATurn = 2'500;
  folder.expect_space(options.turns * kBytesOfATurn);
  (void)folder.fresh("search");
  const std::string path = path_of(folder);
  Section section{.name = "search"};
  const Speech speech(options.seed);
  std::vector<Slice> slices;
  std::vector<Asked> asked;
  {
    Store store = must(Store::open(path), "opening the store");
    slices = write_all(store, path, speech, options);
    for (const QuestionKind kind : kQuestionKinds) asked.push_back(ask(store, speech, kind, options, section.problems));
  }
  const auto database = static_cast<double>(size_of(path));
  const auto index = static_cast<double>(size_of_index(path));
  const auto turns = static_cast<double>(options.turns);
  const Rebuilt rebuilt = rebuild(path);
  folder.remove("search");

  section.notes.push_back(fmt::format("{} turns of {} users, {} threads write; the index is kept by another process.",
                                      bench::format_number(turns), options.users, options.threads));
  boost::json::object ratios;
  section.tables = {writing_table(slices), ratio_table(slices, ratios), asking_table(asked),
                    size_table(database, index, turns), rebuilding_table(rebuilt)};
  boost::json::object searches;
  for (const Asked& one : asked) {
    auto json = figures::json_of(one.waits);
    json["found"] = one.found;
    searches[name_of(one.kind)] = std::move(json);
  }
  section.json = {{"turns", options.turns},
                  {"users", options.users},
                  {"writing", json_of(slices)},
                  {"waits_with_index_to_without", std::move(ratios)},
                  {"searches", std::move(searches)},
                  {"database_bytes", database},
                  {"index_bytes", index},
                  {"rebuilding",
                   {{"alone_seconds", rebuilt.alone_seconds},
                    {"beside_writers_seconds", rebuilt.beside_seconds},
                    {"waits_before", figures::json_of(rebuilt.before.waits)},
                    {"waits_meanwhile", figures::json_of(rebuilt.meanwhile.waits)}}}};
  return section;
}

}  // namespace penny::figures
