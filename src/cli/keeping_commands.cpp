// backup, restore

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

// Ctrl-C ends the work, and what was written of it goes.
ProgressCallback shown_on(ProgressLine& line) {
  return [&line](const Progress& now) {
    if (now.stage == Progress::Stage::kVerifying) {
      line.show("verifying");
    } else if (now.stage == Progress::Stage::kErasing) {
      line.show("erasing whom the store had erased since");
    } else {
      line.show(fmt::format("copying, {} of {}", format_bytes(now.done_bytes), format_bytes(now.all_bytes)));
    }
    return !is_stop_requested();
  };
}

boost::json::object json_of(const CopyReport& report) {
  boost::json::object json{{"path", report.path},
                           {"bytes", report.bytes},
                           {"users", report.users},
                           {"operations", report.operations},
                           {"copying_ms", report.copying.count()},
                           {"verifying_ms", report.verifying.count()}};
  if (!report.kept_aside.empty()) {
    json["kept_aside"] = report.kept_aside;
    json["users_erased_again"] = report.users_erased_again;
  }
  if (!report.erases_unknown.empty()) json["erases_unknown"] = report.erases_unknown;
  return json;
}

std::string text_of(const CopyReport& report) {
  return fmt::format("{}, {}, {}, verified", format_bytes(report.bytes), count_of(report.users, "user"),
                     count_of(report.operations, "operation"));
}

class Backup : public Command {
 public:
  [[nodiscard]] UsesUser uses_user() const override { return UsesUser::kNo; }

  void add_options(CLI::App& app) override {
    app.add_option("file", file_, "Where the backup goes: a new file")->type_name("FILE")->required();
  }

  ExitCode run(Output& output) override {
    catch_stop_requests();
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const auto report = [&] {
      ProgressLine line(output.is_json());
      return store->backup(file_, shown_on(line));
    }();
    if (!report) return output.fail(report.error());
    if (output.is_json()) {
      output.print(boost::json::value(json_of(*report)));
    } else {
      output.print(fmt::format("backed up to {}: {}\n", escape_line(report->path), text_of(*report)));
    }
    return ExitCode::kDone;
  }

 private:
  std::string file_;
};

class Restore : public Command {
 public:
  [[nodiscard]] UsesUser uses_user() const override { return UsesUser::kNo; }

  void add_options(CLI::App& app) override {
    app.add_option("backup", backup_, "The backup; it stays as it is")->type_name("BACKUP")->required();
    app.add_flag("--replace", replace_, "A store that is there makes way; it is kept beside the restored one");
  }

  ExitCode run(Output& output) override {
    if (common.is_read_only) {
      return output.wrong_use("--read-only changes nothing, and restoring makes a store",
                              "leave it away; the backup is only read in any case");
    }
    catch_stop_requests();
    const auto report = [&] {
      ProgressLine line(output.is_json());
      return Store::restore(backup_, common.store, {.replace = replace_, .progress = shown_on(line)});
    }();
    if (!report) return output.fail(report.error());
    if (output.is_json()) {
      output.print(boost::json::value(json_of(*report)));
      return ExitCode::kDone;
    }
    std::string text = fmt::format("restored {}: {}\n", escape_line(report->path), text_of(*report));
    if (!report->kept_aside.empty()) {
      text += fmt::format("the store that was there is {}\n", escape_line(report->kept_aside));
      if (report->users_erased_again > 0) {
        text += fmt::format("erased again, since that store had erased them after the backup: {}\n",
                            count_of(report->users_erased_again, "user"));
      }
      if (!report->erases_unknown.empty()) {
        text +=
            fmt::format("that store is too damaged to say whom it had erased since the backup ({}); erase them again\n",
                        escape_line(report->erases_unknown));
      }
    }
    output.print(text);
    return ExitCode::kDone;
  }

 private:
  std::string backup_;
  bool replace_ = false;
};

}  // namespace

void add_keeping_commands(CLI::App& app, Commands& commands) {
  commands.add<Backup>(app, "backup", "Copy the store to a new file, verified, while others write",
                       "penny backup backups/monday.db --store data/memory.db");
  commands.add<Restore>(app, "restore", "Put a backup where a store belongs",
                        "penny restore backups/monday.db --store data/memory.db");
}

}  // namespace penny::cli
