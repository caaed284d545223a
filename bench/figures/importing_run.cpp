// What an import costs those who write beside it.

#include <chrono>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "bench/figures/child.hpp"
#include "bench/figures/figures.hpp"
#include "bench/figures/fill.hpp"
#include "bench/figures/interrupt.hpp"
#include "bench/figures/must.hpp"
#include "bench/figures/progress.hpp"
#include "bench/figures/workers.hpp"
#include "bench/figures/writers.hpp"
#include "bench/shared_page.hpp"

namespace penny::figures {
namespace {

constexpr double kWorstTargetMs = 250;
constexpr std::chrono::seconds kAnswerWithin{60};

struct Beside {
  double per_second = 0;  // of each writer; 0: as fast as it can
  double alone_seconds = 0;
  double import_seconds = 0;
  double meanwhile_seconds = 0;  // the import's process included
  std::uint64_t operations = 0;
  bool is_complete = false;
  Writers::Phase alone{};
  Writers::Phase meanwhile{};
};

void make_file(const ImportingOptions& options, const WorkFolder& folder, const std::string& file) {
  const std::string path = (folder.fresh("exported") / kStoreName).string();
  {
    Store store = must(Store::open(path), "opening the store");
    fill_one_user(store, "traveller", options.lines, 11);
    std::ofstream lines(file, std::ios::binary);
    const auto sink = [&](std::string_view text) {
      lines << text;
      return lines.good() && !is_interrupted();
    };
    const Exported exported = must(store.export_user("traveller", sink), "exporting");
    lines.close();
    if (!lines || !exported.is_complete) throw std::runtime_error(file + " could not be written");
  }
  folder.remove("exported");
}

Beside import_beside(const ImportingOptions& options, const std::string& path, const std::string& file,
                     double per_second) {
  Beside beside{.per_second = per_second, .alone_seconds = options.alone_seconds};
  Store store = must(Store::open(path), "opening the store");
  Writers writers(store, {.threads = options.writers, .per_second = per_second, .seed = 9});
  pause(std::chrono::milliseconds(static_cast<long>(options.alone_seconds * 1e3)));
  Child child(
      {"import", path, file, per_second > 0 ? "paced" : "flat-out", std::to_string(options.import_seconds_max)});
  writers.begin_phase(1);
  const std::uint64_t begin_ns = bench::now_ns();
  const auto patience = std::chrono::seconds(static_cast<long>(options.import_seconds_max)) + kAnswerWithin;
  const auto imported = child.answer(patience);
  beside.meanwhile_seconds = ms_of(bench::now_ns() - begin_ns) / 1e3;
  writers.stop();
  child.finish(kAnswerWithin);
  beside.import_seconds = imported.at("seconds").to_number<double>();
  beside.operations = imported.at("operations").to_number<std::uint64_t>();
  beside.is_complete = imported.at("is_complete").as_bool();
  beside.alone = writers.phase(0);
  beside.meanwhile = writers.phase(1);
  say("import: {} operations in {:.1f} s; the writers' worst wait {:.1f} ms, and {:.1f} ms without it",
      beside.operations, beside.import_seconds, beside.meanwhile.waits.worst_ms, beside.alone.waits.worst_ms);
  return beside;
}

std::string pace_of(const ImportingOptions& options, const Beside& beside) {
  return beside.per_second > 0 ? fmt::format("{} x {} a second", options.writers, beside.per_second)
                               : fmt::format("{} as fast as they can", options.writers);
}

}  // namespace

Section measure_importing(const ImportingOptions& options, const WorkFolder& folder) {
  constexpr std::uint64_t kBytesOfALine = 2'000;
  constexpr std::uint64_t kSpare = 3'000'000'000;  // what the writers add
  folder.expect_space(options.lines * kBytesOfALine + kSpare);
  const std::string file = (folder.path() / "traveller.jsonl").string();
  make_file(options, folder, file);
  const std::string path = (folder.fresh("importing") / kStoreName).string();
  std::vector<Beside> all;
  for (const double per_second : {options.per_second, 0.0})
    all.push_back(import_beside(options, path, file, per_second));
  folder.remove("importing");
  folder.remove("traveller.jsonl");

  Section section{.name = "import"};
  bench::Table table{
      .title = fmt::format("The writers' wait beside an import of {} lines",
                           bench::format_number(static_cast<double>(options.lines))),
      .header = {"writers", "import", "seconds", "writes a second", "p50 ms", "p99 ms", "worst ms", "target", "met"},
      .rows = {}};
  boost::json::array json;
  for (const Beside& beside : all) {
    const auto add = [&](const char* import, const Writers::Phase& phase, double seconds, bool is_judged) {
      table.rows.push_back(row(row({pace_of(options, beside), import, bench::format_number(seconds),
                                    bench::format_number(static_cast<double>(phase.stored) / seconds)},
                                   cells_of(phase.waits)),
                               {is_judged ? fmt::format("worst < {}", kWorstTargetMs) : "",
                                is_judged ? yes_or_no(phase.waits.worst_ms < kWorstTargetMs) : ""}));
    };
    add("no", beside.alone, beside.alone_seconds, false);
    add("yes", beside.meanwhile, beside.meanwhile_seconds, true);
    if (!beside.is_complete)
      section.notes.push_back(fmt::format("Beside {} the import was ended after {:.0f} s, at {} operations.",
                                          pace_of(options, beside), beside.import_seconds, beside.operations));
    json.push_back({{"writers", options.writers},
                    {"per_second", beside.per_second},
                    {"import_seconds", beside.import_seconds},
                    {"operations", beside.operations},
                    {"is_complete", beside.is_complete},
                    {"alone", json_of(beside.alone.waits)},
                    {"beside_import", json_of(beside.meanwhile.waits)}});
  }
  section.tables = {table};
  section.json = {{"lines", options.lines}, {"worst_target_ms", kWorstTargetMs}, {"runs", std::move(json)}};
  return section;
}

void import_file(const std::string& path, const std::string& file, const std::string& as_user, double seconds_max) {
  Store store = must(Store::open(path), "opening the store");
  std::ifstream lines(file, std::ios::binary);
  const auto source = [&](std::span<char> buffer) -> Result<std::size_t> {
    lines.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    return static_cast<std::size_t>(lines.gcount());
  };
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  const auto progress = [&](const Imported&) { return seconds() < seconds_max; };
  const Imported imported = must(store.import_user(source, {.as_user = as_user, .progress = progress}), "importing");
  tell({{"seconds", seconds()}, {"operations", imported.operations}, {"is_complete", imported.is_complete}});
}

}  // namespace penny::figures
