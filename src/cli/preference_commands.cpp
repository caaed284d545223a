// prefer, preferences

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/opening.hpp"
#include "cli/text_form.hpp"
#include "cli/values.hpp"
#include "cli/writing.hpp"

namespace penny::cli {
namespace {

class Prefer : public Command {
 public:
  void add_options(CLI::App& app) override {
    app.add_option("key", key_, "What it is about, for example response_length")->type_name("TEXT")->required();
    app.add_option("value", value_, "JSON, else it is taken as text")->type_name("VALUE")->required();
    add_number(app, "--confidence", confidence_, "0..1", "How sure it is (default: 0.1; with --set 1)");
    app.add_flag("--set", is_set_, "Set it, instead of counting it as one observation");
    add_write_options(app, write_);
  }

  ExitCode run(Output& output) override {
    if (is_set_) {
      SetPreference preference{.key = key_, .value = json_of(value_)};
      if (confidence_) preference.confidence = *confidence_;
      return write(output, common, write_, preference, MissingStore::kIsCreated);
    }
    ObservePreference preference{.key = key_, .value = json_of(value_)};
    if (confidence_) preference.confidence = *confidence_;
    return write(output, common, write_, preference, MissingStore::kIsCreated);
  }

 private:
  WriteOptions write_;
  std::string key_;
  std::string value_;
  std::optional<double> confidence_;
  bool is_set_ = false;
};

class Preferences : public Command {
 public:
  void add_options(CLI::App& app) override {
    app.add_option("--after", after_, "Preferences after this key")->type_name("KEY");
    add_whole_number(app, "--limit", limit_, "N", "At most this many, 1..1000 (default: 1000)");
  }

  ExitCode run(Output& output) override {
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const auto page = store->preferences(common.user, after_, limit_.value_or(1000));
    return print_page(output, page, fmt::format("no preferences of user {}", escape_line(common.user)),
                      [&](const std::vector<Preference>& preferences) {
                        Table table({"PREFERENCE", "CONFIDENCE", "SEEN", "VERSION", "CHANGED", "VALUE"});
                        for (const auto& preference : preferences) {
                          table.add({escape_line(preference.key), format_number(preference.confidence),
                                     fmt::to_string(preference.frequency), fmt::to_string(preference.version),
                                     format_time_briefly(preference.updated_at), escape_line(preference.value)});
                        }
                        return table.text(output);
                      });
  }

 private:
  std::string after_;
  std::optional<std::uint64_t> limit_;
};

}  // namespace

void add_preference_commands(CLI::App& app, Commands& commands) {
  commands.add<Prefer>(app, "prefer", "Observe or set a preference",
                       "penny prefer --user cj response_length concise --confidence 0.4");
  commands.add<Preferences>(app, "preferences", "Show preferences", "penny preferences --user cj");
  CLI::App* preference = app.add_subcommand("preference", "Look at a preference's past, or forget it");
  preference->require_subcommand(1)->footer("Example:\n  penny preference history --user cj response_length");
  add_preference_history(*preference, commands);
  add_preference_forget(*preference, commands);
}

}  // namespace penny::cli
