// rescue

#include <string>

#include <fmt/format.h>

#include <penny/rescue.hpp>

#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/text_form.hpp"

namespace penny::cli {
namespace {

boost::json::object json_of(const RescueReport& report) {
  boost::json::array losses;
  for (const std::string& loss : report.losses) losses.emplace_back(loss);
  return {{"path", report.path},           {"users", report.users}, {"operations", report.operations},
          {"forgotten", report.forgotten}, {"lost", report.lost},   {"losses", std::move(losses)}};
}

std::string text_of(const RescueReport& report) {
  std::string text = fmt::format("saved {} of {} to {}\n", count_of(report.operations, "operation"),
                                 count_of(report.users, "user"), escape_line(report.path));
  if (report.forgotten > 0)
    text +=
        fmt::format("{} had no content any more, or only took content away\n", count_of(report.forgotten, "operation"));
  text += report.losses.empty() ? "nothing was lost, as far as anybody can tell\n"
                                : fmt::format("lost: {}\n", count_of(report.lost, "operation"));
  for (const std::string& loss : report.losses) text += fmt::format("  {}\n", escape_line(loss));
  return text;
}

class Rescue : public Command {
 public:
  [[nodiscard]] UsesUser uses_user() const override { return UsesUser::kNo; }

  void add_options(CLI::App& app) override {
    app.add_option("damaged", damaged_, "The damaged store; it stays as it is")->type_name("DAMAGED")->required();
    app.add_option("new", new_, "Where the new one goes: a new file")->type_name("NEW")->required();
  }

  ExitCode run(Output& output) override {
    catch_stop_requests();
    const auto report = [&] {
      ProgressLine line(output.is_json());
      return rescue(damaged_, new_, {.progress = [&line](std::uint64_t done, std::uint64_t all) {
                      line.show(fmt::format("saving, {} of {}", done, count_of(all, "operation")));
                      return !is_stop_requested();
                    }});
    }();
    if (!report) return output.fail(report.error());
    if (output.is_json()) {
      output.print(boost::json::value(json_of(*report)));
    } else {
      output.print(text_of(*report));
    }
    return report->losses.empty() ? ExitCode::kDone : ExitCode::kDamagedStore;
  }

 private:
  std::string damaged_;
  std::string new_;
};

}  // namespace

void add_rescue_command(CLI::App& app, Commands& commands) {
  commands.add<Rescue>(app, "rescue", "Save what is right in a damaged store to a new one",
                       "penny rescue data/memory.db data/rescued.db");
}

}  // namespace penny::cli
