// preference history, fact history; that of dimensions is `history`.

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/opening.hpp"
#include "cli/text_form.hpp"
#include "cli/values.hpp"

namespace penny::cli {
namespace {

std::string shown(const std::optional<std::string>& text, bool is_forgotten) {
  if (text) return escape_line(*text);
  return is_forgotten ? "(forgotten)" : "-";
}

class PreferenceHistory : public Command {
 public:
  void add_options(CLI::App& app) override {
    app.add_option("key", key_, "Which one; `penny preferences` shows their keys")->type_name("KEY")->required();
    add_page_options(app, page_, "Operations after this rev");
  }

  ExitCode run(Output& output) override {
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const auto page = store->preference_history(common.user, key_, page_.after.value_or(0), page_.limit_or(100));
    return print_page(output, page, "nothing was ever observed of it", [&](const std::vector<PreferenceEvent>& events) {
      Table table({"REV", "AT", "OPERATION", "GIVEN", "VALUE AFTER", "CONFIDENCE", "SEEN", "VERSION"});
      for (const auto& event : events) {
        table.add({fmt::to_string(event.rev), format_time_briefly(event.at), std::string(event.kind),
                   shown(event.given, event.is_forgotten), shown(event.value, event.is_forgotten),
                   format_number(event.confidence), fmt::to_string(event.frequency), fmt::to_string(event.version)});
      }
      return table.text(output);
    });
  }

 private:
  std::string key_;
  PageOptions page_;
};

class FactHistory : public Command {
 public:
  void add_options(CLI::App& app) override {
    add_value(app, "fact_id", fact_, OperationId::parse, "UUID", "a fact's id, which is a UUID of 36 characters",
              "Which fact; `penny facts` shows their ids")
        ->required();
  }

  ExitCode run(Output& output) override {
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const auto page = store->fact_history(common.user, fact_);
    return print_page(output, page, "", [&](const std::vector<FactEvent>& events) {
      Table table({"REV", "AT", "OPERATION", "VERSION", "CONFIDENCE", "TEXT"});
      for (const auto& event : events) {
        table.add({fmt::to_string(event.rev), format_time_briefly(event.at), std::string(event.kind),
                   fmt::to_string(event.version), format_number(event.confidence),
                   shown(event.text, event.is_forgotten)});
      }
      return table.text(output);
    });
  }

 private:
  OperationId fact_;
};

}  // namespace

void add_preference_history(CLI::App& preference, Commands& commands) {
  commands.add<PreferenceHistory>(preference, "history", "Show every operation on a preference, and what it was then",
                                  "penny preference history --user cj response_length");
}

void add_fact_history(CLI::App& app, Commands& commands) {
  CLI::App* fact = app.add_subcommand("fact", "Look at a fact");
  fact->require_subcommand(1)->footer("Example:\n  penny fact history --help");
  commands.add<FactHistory>(*fact, "history", "Show when a fact was remembered and forgotten",
                            "penny fact history --user cj 0199f3a1-7c2e-7000-8000-3f1d5c7a9b42");
}

}  // namespace penny::cli
