// doctor, verify

#include <string>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/json_form.hpp"
#include "cli/opening.hpp"
#include "cli/progress.hpp"
#include "cli/text_form.hpp"

namespace penny::cli {
namespace {

// Processes show their state as one letter of /proc.
std::string_view state_name(std::string_view state) {
  if (state == "R") return "running";
  if (state == "S") return "sleeping";
  if (state == "D") return "waiting for the disk";
  if (state == "T") return "stopped";
  if (state == "t") return "stopped by a debugger";
  if (state == "Z") return "dead";
  return state;
}

std::string store_text(const Output& output, const Diagnosis& diagnosis) {
  const auto& statistics = diagnosis.statistics;
  std::string text = output.in(Colour::kHeading, escape_line(diagnosis.path)) + "\n";
  text += fmt::format("  store id     {}\n", escape_line(diagnosis.store_id));
  text += fmt::format("  Penny        {}\n", diagnosis.penny_version);
  text += fmt::format("  SQLite       {} (of Penny's own)\n", diagnosis.sqlite_version);
  text += fmt::format("  file system  {}\n", escape_line(diagnosis.file_system));
  text += fmt::format("  schema       {}\n", diagnosis.schema_version);
  text += fmt::format("  page size    {}\n", count_of(diagnosis.page_size, "byte"));
  text += fmt::format("  file         {}\n", format_bytes(statistics.file_bytes));
  text += fmt::format("  WAL          {}\n", format_bytes(statistics.wal_bytes));
  text += fmt::format("  holds        {}, {}, {}\n", count_of(statistics.users, "user"),
                      count_of(statistics.operations, "operation"), count_of(statistics.turns, "turn"));
  text += fmt::format("  anchor       {}\n", escape_line(diagnosis.anchor));
  text += fmt::format("  ballast      {}\n", diagnosis.ballast);
  return text;
}

std::string connections_text(const Output& output, const Diagnosis& diagnosis) {
  Table table({"CONNECTION", "JOURNAL MODE", "BUSY TIMEOUT", "SYNCHRONOUS", "MAY"});
  for (const auto& connection : diagnosis.connections) {
    table.add({escape_line(connection.role), escape_line(connection.journal_mode),
               fmt::format("{} ms", connection.busy_timeout_ms), escape_line(connection.synchronous),
               connection.is_read_only ? "read" : "read and write"});
  }
  return fmt::format(
      "\n{}\nThis is what our own connections use. busy_timeout belongs to a connection, not to the file: a fresh\n"
      "sqlite3 shell prints 0, and that is normal.\n",
      table.text(output));
}

std::string gate_text(const Output& output, const Diagnosis& diagnosis) {
  if (!diagnosis.gate_holder) return "\nThe gate of the writers is free.\n";
  const Participant& holder = *diagnosis.gate_holder;
  std::string text = fmt::format("\nThe gate of the writers is held by pid {} ({}), which is {}", holder.pid,
                                 escape_line(holder.command), state_name(holder.state));
  if (diagnosis.gate_held_for) text += fmt::format(", for {} ms", diagnosis.gate_held_for->count());
  text += ".\n";
  const bool is_stopped = holder.state == "T" || holder.state == "t";
  if (is_stopped) {
    text += output.in(
                Colour::kWarning,
                fmt::format("All writers wait until it goes on (kill -CONT {}) or ends. Readers do not.", holder.pid)) +
            "\n";
  }
  return text;
}

std::string participants_text(const Output& output, const Diagnosis& diagnosis) {
  Table table({"PID", "STATE", "GATE", "OLDEST READ", "COMMAND"});
  for (const auto& participant : diagnosis.participants) {
    const bool is_holder = diagnosis.gate_holder && diagnosis.gate_holder->pid == participant.pid;
    table.add({fmt::to_string(participant.pid), std::string{state_name(participant.state)},
               is_holder                         ? "holds"
               : participant.is_waiting_for_gate ? "waits"
                                                 : "-",
               participant.oldest_read ? fmt::format("{} ms", participant.oldest_read->count()) : "-",
               escape_line(participant.command)});
  }
  return table.is_empty() ? std::string{} : "\n" + table.text(output);
}

class Doctor : public Command {
 public:
  [[nodiscard]] UsesUser uses_user() const override { return UsesUser::kNo; }

  void add_options(CLI::App&) override {}

  ExitCode run(Output& output) override {
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const auto diagnosis = store->diagnose();
    if (!diagnosis) return output.fail(diagnosis.error());
    if (output.is_json()) {
      output.print(boost::json::value(to_json(*diagnosis)));
      return ExitCode::kDone;
    }
    std::string text = store_text(output, *diagnosis) + connections_text(output, *diagnosis) +
                       gate_text(output, *diagnosis) + participants_text(output, *diagnosis);
    if (!diagnosis->warnings.empty()) text += "\n";
    for (const auto& warning : diagnosis->warnings) {
      text += output.in(Colour::kWarning, "warning: " + escape_line(warning)) + "\n";
    }
    output.print(text);
    return ExitCode::kDone;
  }
};

std::string what_happens(const VerifyProgress& progress) {
  switch (progress.stage) {
    case VerifyStage::kFile:
      return "checking pages and indexes";
    case VerifyStage::kLedger:
      return fmt::format("checking users against the ledger, {} of {}", progress.done, progress.total);
    case VerifyStage::kFreeSpace:
      return fmt::format("looking at free space, page {} of {}", progress.done, progress.total);
    case VerifyStage::kSearchIndex:
      return fmt::format("checking the search index, operation {} of {}", progress.done, progress.total);
  }
  return {};
}

std::string index_text(const Output& output, const SearchIndexReport& index) {
  switch (index.state) {
    case SearchIndexState::kNone:
      return "  search index: none, the first search makes it\n";
    case SearchIndexState::kWhole:
      return fmt::format("  search index: whole, {} up to seq {}{}\n", count_of(index.documents, "document"),
                         index.indexed_to, index.has_marked ? "; words of forgotten ones are still in it" : "");
    case SearchIndexState::kChanged:
      return "  search index: it was made anew meanwhile, or somebody erased; look again\n";
    case SearchIndexState::kUnknown:
      return "  search index: the ledger is too damaged to compare it\n";
    case SearchIndexState::kDamaged:
      break;
  }
  std::string text = output.in(Colour::kWarning, fmt::format("  search index: damaged, which the store is not: {}",
                                                             count_of(index.problems.size(), "problem"))) +
                     "\n";
  for (const auto& problem : index.problems) text += fmt::format("    {}\n", escape_line(problem));
  const std::string file = escape_line(index.file);
  return text + fmt::format("    rm {0} {0}-wal {0}-shm, and the next search makes it anew\n", file);
}

std::string deep_text(const Output& output, const DeepReport& deep) {
  std::string text = index_text(output, deep.search_index);
  text += fmt::format("  free space: {}", count_of(deep.free_pages, "free page"));
  if (deep.free_pages_with_content > 0) {
    text += fmt::format(", {} with content, which a program without secure_delete left: `penny vacuum` takes them away",
                        deep.free_pages_with_content);
  }
  if (deep.pages_with_copies > 0) {
    text += fmt::format("; {} with copies of cells in their free space, which the next erase overwrites",
                        count_of(deep.pages_with_copies, "page"));
  }
  return text + "\n";
}

class Verify : public Command {
 public:
  [[nodiscard]] UsesUser uses_user() const override { return UsesUser::kNo; }

  void add_options(CLI::App& app) override {
    app.add_flag("--deep", is_deep_, "The search index against the ledger, free space and the files as well");
  }

  ExitCode run(Output& output) override {
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const auto report = [&] {
      ProgressLine line(output.is_json());
      return store->verify({.deep = is_deep_, .progress = [&line](const VerifyProgress& progress) {
                              line.show(what_happens(progress));
                              return true;
                            }});
    }();
    if (!report) return output.fail(report.error());
    const bool is_whole = report->problems.empty();
    const ExitCode exit_code = is_whole ? ExitCode::kDone : ExitCode::kDamagedStore;
    if (output.is_json()) {
      output.print(boost::json::value(to_json(*report)));
      return exit_code;
    }
    const std::string counts = fmt::format("{}, {}, {} forgotten", count_of(report->users, "user"),
                                           count_of(report->operations, "operation"), report->forgotten);
    std::string notes;
    for (const auto& note : report->notes) notes += fmt::format("  {}\n", escape_line(note));
    if (report->deep) notes += deep_text(output, *report->deep);
    if (is_whole) {
      output.print(fmt::format("whole: {}\n{}", counts, notes));
      return exit_code;
    }
    std::string text =
        output.in(Colour::kError, fmt::format("damaged: {}", count_of(report->problems.size(), "problem"))) +
        fmt::format(" ({})\n", counts);
    for (const auto& problem : report->problems) text += fmt::format("  {}\n", escape_line(problem));
    output.print(text + notes);
    return exit_code;
  }

 private:
  bool is_deep_ = false;
};

}  // namespace

void add_health_commands(CLI::App& app, Commands& commands) {
  commands.add<Doctor>(app, "doctor", "Show what the store's connections use, who writes, waits and reads",
                       "penny doctor --store data/memory.db");
  commands.add<Verify>(app, "verify", "Check the whole store against its ledger",
                       "penny verify --store data/memory.db\n  penny verify --deep");
}

}  // namespace penny::cli
