// observe, personality, history

#include <string>
#include <utility>
#include <vector>

#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/opening.hpp"
#include "cli/text_form.hpp"
#include "cli/values.hpp"
#include "cli/writing.hpp"

namespace penny::cli {
namespace {

class Observe : public Command {
 public:
  void add_options(CLI::App& app) override {
    app.add_option("dimension", name_, "For example technical_depth_preference")->type_name("NAME")->required();
    value_option_ = add_value(app, "value", value_, parse_dimension_value, "VALUE", "a number or a text",
                              "A number 0..1 or the name of an option; JSON, else it is taken as text");
    add_number(app, "--confidence", confidence_, "0..1", "How sure the observation is (default: 1)");
    app.add_flag("--set", is_set_, "Set it, instead of counting it as one observation")->needs(value_option_);
    add_number(app, "--by", delta_, "DELTA", "Add this to the value, -1..1")->excludes(value_option_);
    add_number(app, "--confidence-change", confidence_change_, "-1..1",
               "Add this to the dimension's confidence, with --set or --by");
    app.add_option("--trigger", trigger_, "What moved it, in words")->type_name("TEXT");
    add_write_options(app, write_);
  }

  ExitCode run(Output& output) override {
    if (!value_ && !delta_) {
      return output.wrong_use("nothing was observed", "give a VALUE, or a difference with --by");
    }
    const bool is_observation = !is_set_ && !delta_;
    if (is_observation && confidence_change_) {
      return output.wrong_use("--confidence-change goes with --set or --by", "say how sure it is with --confidence");
    }
    if (!is_observation && confidence_) {
      return output.wrong_use("--confidence goes with an observation",
                              "change the dimension's confidence with --confidence-change");
    }
    return write(output, common, write_, payload(), MissingStore::kIsCreated);
  }

 private:
  [[nodiscard]] Payload payload() const {
    if (delta_) {
      return AdjustDimension{
          .name = name_, .delta = *delta_, .confidence_change = confidence_change_.value_or(0), .trigger = trigger_};
    }
    if (is_set_) {
      return SetDimension{
          .name = name_, .value = *value_, .confidence_change = confidence_change_.value_or(0), .trigger = trigger_};
    }
    ObserveDimension observation{.name = name_, .value = *value_, .trigger = trigger_};
    if (confidence_) observation.confidence = *confidence_;
    return observation;
  }

  WriteOptions write_;
  std::string name_;
  CLI::Option* value_option_ = nullptr;
  std::optional<DimensionValue> value_;
  std::optional<double> confidence_;
  std::optional<double> delta_;
  std::optional<double> confidence_change_;
  std::string trigger_;
  bool is_set_ = false;
};

class Personality : public Command {
 public:
  void add_options(CLI::App&) override {}

  ExitCode run(Output& output) override {
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const auto personality = store->personality(common.user);
    if (!personality) return output.fail(personality.error());
    if (output.is_json()) {
      output.print(boost::json::value(list_json(personality->rev, personality->value, std::optional<std::uint64_t>{})));
      return ExitCode::kDone;
    }
    Table table({"DIMENSION", "VALUE", "CONFIDENCE", "VERSION", "CHANGED"});
    for (const auto& dimension : personality->value) {
      table.add({escape_line(dimension.name), format_value(dimension.value), format_number(dimension.confidence),
                 fmt::to_string(dimension.version),
                 dimension.updated_at ? format_time_briefly(*dimension.updated_at) : "never"});
    }
    output.print(table.text(output));
    return ExitCode::kDone;
  }
};

class History : public Command {
 public:
  void add_options(CLI::App& app) override {
    app.add_option("dimension", dimension_, "Which one (default: all)")->type_name("NAME");
    add_page_options(app, page_, "Changes after this rev");
  }

  ExitCode run(Output& output) override {
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const auto page = store->evolution(common.user, dimension_, page_.after.value_or(0), page_.limit_or(100));
    return print_page(output, page, "no dimension has changed", [&](const std::vector<Evolution>& changes) {
      Table table({"REV", "AT", "DIMENSION", "VERSION", "OLD", "NEW", "CONFIDENCE", "TRIGGER"});
      for (const auto& change : changes) {
        table.add({fmt::to_string(change.rev), format_time_briefly(change.at), escape_line(change.dimension),
                   fmt::to_string(change.version), format_value(change.old_value), format_value(change.new_value),
                   fmt::format("{:+.4g}", change.confidence_change), escape_line(change.trigger)});
      }
      return table.text(output);
    });
  }

 private:
  std::string dimension_;
  PageOptions page_;
};

}  // namespace

void add_personality_commands(CLI::App& app, Commands& commands) {
  commands.add<Observe>(app, "observe", "Observe, set or adjust a dimension of the personality",
                        "penny observe --user cj technical_depth_preference 0.8 --confidence 0.7\n"
                        "  penny observe --user cj technical_depth_preference --by -0.1");
  commands.add<Personality>(app, "personality", "Show all dimensions", "penny personality --user cj");
  commands.add<History>(app, "history", "Show how the dimensions evolved",
                        "penny history --user cj technical_depth_preference");
}

}  // namespace penny::cli
