// vacuum

#include <chrono>
#include <string>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/interrupt.hpp"
#include "cli/opening.hpp"
#include "cli/progress.hpp"
#include "cli/text_form.hpp"

namespace penny::cli {
namespace {

using std::chrono::milliseconds;

std::string what_happens(const VacuumProgress& progress) {
  if (!progress.trouble.empty()) return "waiting: " + escape_line(progress.trouble);
  switch (progress.stage) {
    case VacuumStage::kWaiting:
      return "waiting for its turn";
    case VacuumStage::kPages:
      return fmt::format("giving pages back, {} of {}", progress.done, progress.total);
    case VacuumStage::kLog:
      return "emptying the write-ahead log";
    case VacuumStage::kIndex:
      return fmt::format("waiting for the search index, operation {} of {}", progress.done, progress.total);
  }
  return {};
}

std::string text_of(const Vacuumed& report) {
  std::string text =
      fmt::format("the store's file: {}, before {}; {} given back in {}", format_bytes(report.bytes_after),
                  format_bytes(report.bytes_before), count_of(report.pages, "page"), count_of(report.rounds, "step"));
  if (report.free_pages > 0) text += fmt::format(", {} free", report.free_pages);
  text += "\n";
  if (report.search_bytes_before > 0) {
    text += fmt::format("the search index: {}, before {}{}\n", format_bytes(report.search_bytes_after),
                        format_bytes(report.search_bytes_before),
                        report.is_search_index_left ? "; whoever keeps it gives space back later" : "");
  }
  return text;
}

class Vacuum : public Command {
 public:
  [[nodiscard]] UsesUser uses_user() const override { return UsesUser::kNo; }

  void add_options(CLI::App& app) override {
    add_value(app, "--deadline", deadline_, parse_duration, "TIME",
              "a time such as 1500, 500ms, 5s or 2m, at most one day",
              "Come back by then, if all is not given back yet (default: 30m)");
  }

  ExitCode run(Output& output) override {
    catch_stop_requests("what is given back stays so, and the same command goes on from there", output.is_json());
    auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const auto report = [&] {
      ProgressLine line(output.is_json());
      return store->vacuum({.deadline = deadline_, .progress = [&line](const VacuumProgress& progress) {
                              line.show(what_happens(progress));
                              return !is_stop_requested();
                            }});
    }();
    if (!report) return output.fail(report.error());
    const ExitCode exit_code = report->is_complete ? ExitCode::kDone : ExitCode::kTryAgain;
    if (output.is_json()) {
      output.print(boost::json::value(boost::json::object{{"bytes_before", report->bytes_before},
                                                          {"bytes_after", report->bytes_after},
                                                          {"pages", report->pages},
                                                          {"free_pages", report->free_pages},
                                                          {"rounds", report->rounds},
                                                          {"search_bytes_before", report->search_bytes_before},
                                                          {"search_bytes_after", report->search_bytes_after},
                                                          {"is_search_index_left", report->is_search_index_left},
                                                          {"is_complete", report->is_complete}}));
      return exit_code;
    }
    output.print(text_of(*report));
    if (!report->is_complete) output.note("interrupted: the same command goes on from here");
    return exit_code;
  }

 private:
  milliseconds deadline_ = kVacuumDeadlineDefault;
};

}  // namespace

void add_vacuum_command(CLI::App& app, Commands& commands) {
  commands.add<Vacuum>(app, "vacuum", "Give the space of what was forgotten and erased back to the file system",
                       "penny vacuum --store data/memory.db");
}

}  // namespace penny::cli
