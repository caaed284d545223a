// remember, facts, forget

#include <string>
#include <utility>
#include <vector>

#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/opening.hpp"
#include "cli/standard_input.hpp"
#include "cli/text_form.hpp"
#include "cli/values.hpp"
#include "cli/writing.hpp"

namespace penny::cli {
namespace {

class Remember : public Command {
 public:
  void add_options(CLI::App& app) override {
    app.add_option("text", text_, "The fact; - reads it from standard input")->type_name("TEXT")->required();
    add_number(app, "--confidence", confidence_, "0..1", "How sure it is (default: 1)");
    add_write_options(app, write_);
  }

  ExitCode run(Output& output) override {
    auto text = argument_or_standard_input(text_, "text");
    if (!text) return output.fail(text.error());
    RememberFact fact{.text = *std::move(text)};
    if (confidence_) fact.confidence = *confidence_;
    return write(output, common, write_, std::move(fact), MissingStore::kIsCreated);
  }

 private:
  WriteOptions write_;
  std::string text_;
  std::optional<double> confidence_;
};

class Facts : public Command {
 public:
  void add_options(CLI::App& app) override { add_page_options(app, page_, "Facts first remembered after this rev"); }

  ExitCode run(Output& output) override {
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const auto page = store->facts(common.user, page_.after.value_or(0), page_.limit_or(100));
    return print_page(output, page, fmt::format("no facts about user {}", escape_line(common.user)),
                      [&](const std::vector<Fact>& facts) {
                        Table table({"FACT", "SINCE", "CONFIDENCE", "TEXT"});
                        for (const auto& fact : facts) {
                          table.add({fact.id.to_string(), format_time_briefly(fact.at), format_number(fact.confidence),
                                     escape_line(fact.text)});
                        }
                        return table.text(output);
                      });
  }

 private:
  PageOptions page_;
};

class Forget : public Command {
 public:
  void add_options(CLI::App& app) override {
    add_value(app, "fact_id", fact_, OperationId::parse, "UUID", "a fact's id, which is a UUID of 36 characters",
              "Which fact; `penny facts` shows their ids")
        ->required();
    add_write_options(app, write_);
  }

  ExitCode run(Output& output) override {
    return write(output, common, write_, ForgetFact{.fact = fact_}, MissingStore::kIsAnError);
  }

 private:
  WriteOptions write_;
  OperationId fact_;
};

}  // namespace

void add_fact_commands(CLI::App& app, Commands& commands) {
  commands.add<Remember>(app, "remember", "Remember a fact", "penny remember --user cj \"Is allergic to nuts\"");
  commands.add<Facts>(app, "facts", "Show what is remembered", "penny facts --user cj");
  commands.add<Forget>(app, "forget", "Forget a fact", "penny forget --user cj 0199f3a1-7c2e-7000-8000-3f1d5c7a9b42");
}

}  // namespace penny::cli
