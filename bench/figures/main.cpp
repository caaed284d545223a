// penny_figures: what the store takes and costs in use, on this machine: search, sizes, recovery, readers, import.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "bench/figures/figures.hpp"
#include "bench/figures/interrupt.hpp"
#include "bench/figures/progress.hpp"
#include "bench/figures/section.hpp"
#include "bench/figures/work_folder.hpp"
#include "bench/load_meter.hpp"
#include "bench/machine.hpp"

namespace penny::figures {
namespace {

struct Options {
  std::filesystem::path store_dir = "data/figures";
  std::filesystem::path json;
  std::filesystem::path markdown;
  SearchOptions search;
  SizesOptions sizes;
  RecoveryOptions recovery;
  ReadersOptions readers;
  ImportingOptions importing;
  GuardOptions guard;
  TurnOptions turn;
};

// Amounts with which nothing that is measured means much, but everything is done.
void make_quick(Options& options) {
  options.search.turns = 20'000;
  options.search.users = 100;
  options.search.questions = 200;
  options.sizes.bytes = {10'000'000, 30'000'000};
  options.sizes.reads = 1'000;
  options.sizes.cold_reads = 100;
  options.sizes.opens = 5;
  options.recovery.times = 5;
  options.readers.seconds = 5;
  options.readers.stopped_seconds = 4;
  options.readers.foreign_seconds = 3;
  options.importing.lines = 5'000;
  options.importing.alone_seconds = 2;
  options.guard.functions = 200;
  options.guard.programs = 50;
  options.turn.turns = 5'000;
  options.turn.said = 100;
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  if (path.empty()) return;
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) throw std::runtime_error(fmt::format("{} could not be written", path.string()));
}

struct Measurement {
  std::string name;
  std::function<Section(const WorkFolder&)> measure;
};

// Writes what there is after each measurement, so that what was measured is kept whatever happens to the next one.
int measure_all(const Options& options, const std::vector<Measurement>& measurements) {
  end_in_order_when_interrupted();
  const WorkFolder folder(options.store_dir);
  const bench::Machine machine = bench::describe_machine(folder.path());
  std::vector<Section> sections;
  bool has_problems = false;
  for (const Measurement& measurement : measurements) {
    say("measuring: {}", measurement.name);
    const bench::CpuReading before = bench::read_cpu();
    sections.push_back(measurement.measure(folder));
    sections.back().others_cores = bench::cores_of_others(before, bench::read_cpu());
    for (const std::string& problem : sections.back().problems) say("{}: {}", measurement.name, problem);
    has_problems = has_problems || !sections.back().problems.empty();
    write_file(options.markdown, markdown_of(machine, sections));
    write_file(options.json, json_of(machine, sections) + "\n");
  }
  fmt::print("{}", markdown_of(machine, sections));
  return has_problems ? EXIT_FAILURE : EXIT_SUCCESS;
}

CLI::App& add_search(CLI::App& app, SearchOptions& options) {
  CLI::App& command = *app.add_subcommand("search", "The index's lag and cost, searches, sizes, making it anew");
  command.add_option("--turns", options.turns, "Turns to write")
      ->capture_default_str()
      ->check(CLI::Range(1'000, 100'000'000));
  command.add_option("--users", options.users, "Whose they are")->capture_default_str()->check(CLI::Range(1, 9'999));
  command.add_option("--questions", options.questions, "Searches of each kind")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  return command;
}

CLI::App& add_sizes(CLI::App& app, SizesOptions& options) {
  CLI::App& command = *app.add_subcommand("sizes", "Stores of a size: reads, opening, backup, memory, verify");
  command.add_option("--bytes", options.bytes, "Size of a store, for example 64MB or 5GB; may be given again")
      ->transform(CLI::AsSizeValue(true));
  command.add_option("--reads", options.reads, "Reads of each kind")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000'000));
  command.add_option("--opens", options.opens, "Fresh processes that open it")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  return command;
}

CLI::App& add_recovery(CLI::App& app, RecoveryOptions& options) {
  CLI::App& command = *app.add_subcommand("recovery", "Opening after a kill, with a long write-ahead log");
  command.add_option("--log-bytes", options.log_bytes, "Length of the log, for example 64MiB")
      ->transform(CLI::AsSizeValue(true));
  command.add_option("--times", options.times, "How often it is opened")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  return command;
}

CLI::App& add_readers(CLI::App& app, ReadersOptions& options) {
  CLI::App& command = *app.add_subcommand("readers", "The write-ahead log while many read all the time");
  command.add_option("--seconds", options.seconds, "With readers of the store")
      ->capture_default_str()
      ->check(CLI::Range(1.0, 36'000.0));
  command.add_option("--stopped-seconds", options.stopped_seconds, "Then with one of them stopped")
      ->capture_default_str()
      ->check(CLI::Range(1.0, 3'600.0));
  command.add_option("--foreign-seconds", options.foreign_seconds, "Then with readers of another program; 0: not")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 3'600.0));
  command.add_option("--log-bytes-max", options.log_bytes_max, "A longer log ends a part")
      ->transform(CLI::AsSizeValue(true));
  return command;
}

CLI::App& add_importing(CLI::App& app, ImportingOptions& options) {
  CLI::App& command = *app.add_subcommand("import-beside-writers", "What an import costs those who write beside it");
  command.add_option("--lines", options.lines, "Operations in the file")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000'000));
  return command;
}

#ifdef PENNY_TOOLS
CLI::App& add_guard(CLI::App& app, GuardOptions& options) {
  CLI::App& command = *app.add_subcommand("guard", "Calls of tools that do nothing");
  command.add_option("--functions", options.functions, "Calls of a function")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000'000));
  command.add_option("--programs", options.programs, "Calls of a program")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  return command;
}

CLI::App& add_turn(CLI::App& app, TurnOptions& options) {
  CLI::App& command = *app.add_subcommand("turn", "A voice turn's own work, alone and beside writers");
  command.add_option("--turns", options.turns, "Turns of the user in the store")
      ->capture_default_str()
      ->check(CLI::Range(1'000, 100'000'000));
  command.add_option("--said", options.said, "Turns to measure of each kind")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  command.add_option("--every-ms", options.every_ms, "From one turn to the next, when not back to back")
      ->capture_default_str()
      ->check(CLI::Range(1, 60'000));
  return command;
}
#endif

int run(int argc, char** argv) {
  if (argc >= 4 && std::string_view(argv[1]) == "--worker") {
    work({argv + 2, argv + argc});
    return EXIT_SUCCESS;
  }
  (void)std::signal(SIGPIPE, SIG_IGN);
  Options options;
  const char* quick = std::getenv("QUICK");
  if (quick != nullptr && std::string_view(quick) == "1") make_quick(options);

  CLI::App app("Measures what the store takes and costs in use. Exit code 0: it ran, and nothing was lost or damaged.");
  app.footer(
      "Without a command: all of them. QUICK=1 in the environment: small amounts, to try it.\n"
      "Example: penny_figures recovery readers --seconds 60 --markdown figures.md");
  app.fallthrough();
  app.require_subcommand(0, 0);
  app.add_option("--store-dir", options.store_dir, "Where the stores are made, on the disk to measure")
      ->capture_default_str();
  app.add_option("--json", options.json, "File for the figures");
  app.add_option("--markdown", options.markdown, "File for the tables");
  const CLI::App& search = add_search(app, options.search);
  const CLI::App& sizes = add_sizes(app, options.sizes);
  const CLI::App& recovery = add_recovery(app, options.recovery);
  const CLI::App& readers = add_readers(app, options.readers);
  const CLI::App& importing = add_importing(app, options.importing);
#ifdef PENNY_TOOLS
  const CLI::App& guard = add_guard(app, options.guard);
  const CLI::App& turn = add_turn(app, options.turn);
#endif
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    constexpr int kWrongUse = 2;
    return app.exit(error) == 0 ? EXIT_SUCCESS : kWrongUse;
  }
  std::vector<Measurement> measurements;
  const bool is_all = app.get_subcommands().empty();
  const auto add = [&](const CLI::App& command, std::function<Section(const WorkFolder&)> measure) {
    if (is_all || command.parsed()) measurements.push_back({.name = command.get_name(), .measure = std::move(measure)});
  };
  add(search, [&](const WorkFolder& folder) { return measure_search(options.search, folder); });
  add(recovery, [&](const WorkFolder& folder) { return measure_recovery(options.recovery, folder); });
  add(readers, [&](const WorkFolder& folder) { return measure_readers(options.readers, folder); });
  add(importing, [&](const WorkFolder& folder) { return measure_importing(options.importing, folder); });
#ifdef PENNY_TOOLS
  add(guard, [&](const WorkFolder& folder) { return measure_guard(options.guard, folder); });
  add(turn, [&](const WorkFolder& folder) { return measure_turn(options.turn, folder); });
#endif
  add(sizes, [&](const WorkFolder& folder) { return measure_sizes(options.sizes, folder); });
  return measure_all(options, measurements);
}

}  // namespace
}  // namespace penny::figures

int main(int argc, char** argv) {
  try {
    return penny::figures::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "penny_figures: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
